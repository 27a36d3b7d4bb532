package spec

import "testing"

// TestUnknownCausesNoFurtherFinding: a value that could not be understood has one finding, not another about what is missing in it.
func TestUnknownCausesNoFurtherFinding(t *testing.T) {
	for doc, code := range map[string]string{
		"processes: {p: {shell: ls, replicas: !x }}":                             CodeTag,
		"processes: {p: {shell: ls, when: !vars.debug }}":                        CodeTag,
		"processes: {p: &p {shell: ls, stop: *p}}":                               CodeAlias,
		"processes: {p: {shell: {{ item }}}}":                                    CodeKey,
		"processes: {p: {shll: ls}}":                                             CodeUnknownKey,
		"processes:\n  p:\n    shell: ls\n    depends_on: [1a]\n    env: {A: 1}": CodeBadName,
	} {
		_, found := Load([]byte(doc), Options{})
		if len(found) != 1 || found[0].Code != code {
			t.Errorf("%s: want one %s, found %v", doc, code, found)
		}
	}
}
