"""Links of HTML pages, for outline.yaml."""
from html.parser import HTMLParser

parser = None


class Links(HTMLParser):
    """Notes where each link of a page leads to, and what is written on it."""

    def reset(self):
        super().reset()
        self.found, self.inside = [], False

    def handle_starttag(self, tag, attributes):
        to = dict(attributes).get("href")
        if tag == "a" and to:
            self.found.append({"to": to, "text": ""})
            self.inside = True

    def handle_endtag(self, tag):
        self.inside = self.inside and tag != "a"

    def handle_data(self, data):
        if self.inside:
            self.found[-1]["text"] += data


def prepare():
    """Runs once in each interpreter."""
    global parser
    parser = Links()


def links(path):
    """Gives each link of a page that is no address of another site."""
    with open(path, encoding="utf-8") as page:
        parser.reset()
        parser.feed(page.read())
    for link in parser.found:
        if "://" not in link["to"]:
            yield link
