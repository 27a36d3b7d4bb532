import json


def extract(item):
    return json.dumps(item)
