package mapping

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// document walks a YAML tree and collects every fault instead of stopping at the first.
type document struct {
	faults []Fault
}

var yamlLine = regexp.MustCompile(`^yaml: line (\d+): `)

// readTree parses text as exactly one YAML document and returns its root.
func readTree(text string) (*yaml.Node, error) {
	dec := yaml.NewDecoder(strings.NewReader(text))
	var root, more yaml.Node
	switch err := dec.Decode(&root); {
	case errors.Is(err, io.EOF):
		return nil, single(1, "the document is empty")
	case err != nil:
		return nil, syntaxError(err)
	}
	switch err := dec.Decode(&more); {
	case err == nil:
		return nil, single(more.Line, "a second document begins; one file holds one mapping")
	case !errors.Is(err, io.EOF):
		return nil, syntaxError(err)
	}
	return root.Content[0], nil
}

// syntaxError gives a YAML parser's error the shape of ours.
func syntaxError(err error) error {
	line, detail := 1, strings.TrimPrefix(err.Error(), "yaml: ")
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		line, _ = strconv.Atoi(m[1]) // digits, by the pattern
		detail = err.Error()[len(m[0]):]
	}
	out := single(line, "not YAML: "+detail)
	if strings.Contains(detail, "',' or '}'") {
		out.Faults[0].Mend = quoteIt
	}
	return out
}

func (d *document) fail(n *yaml.Node, format string, args ...any) {
	d.faults = append(d.faults, Fault{Line: n.Line, Detail: fmt.Sprintf(format, args...)})
}

// err returns what is wrong, nil if nothing is.
func (d *document) err() error { return NewError(d.faults) }

// entry is one key of a YAML mapping with its value.
type entry struct {
	key   string
	at    *yaml.Node // the key, for its line
	value *yaml.Node
}

// entries lists a mapping's keys in order. Duplicate keys, aliases and anything but text as a key are faults.
func (d *document) entries(n *yaml.Node) []entry {
	if n.Kind != yaml.MappingNode {
		d.fail(n, "an object is needed here (key: value)")
		return nil
	}
	var out []entry
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case key.Kind != yaml.ScalarNode || key.Tag == "!!merge":
			d.fail(key, "a key is plain text")
		case seen[key.Value]:
			d.fail(key, "%q stands here twice", key.Value)
		case value.Kind == yaml.AliasNode:
			d.fail(value, "aliases (*%s) are not read; write it out", value.Value)
		default:
			seen[key.Value] = true
			out = append(out, entry{key.Value, key, value})
		}
	}
	return out
}

// object reads a mapping whose keys are all known; each key's value goes to its function.
func (d *document) object(n *yaml.Node, known map[string]func(*yaml.Node)) {
	for _, e := range d.entries(n) {
		if read, ok := known[e.key]; ok {
			read(e.value)
			continue
		}
		d.fail(e.at, "unknown key %q; known here: %s", e.key, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
	}
}

// items lists a sequence's elements.
func (d *document) items(n *yaml.Node) []*yaml.Node {
	if n.Kind != yaml.SequenceNode {
		d.fail(n, "a list is needed here")
		return nil
	}
	for _, item := range n.Content {
		if item.Kind == yaml.AliasNode {
			d.fail(item, "aliases (*%s) are not read; write it out", item.Value)
			return nil
		}
	}
	return n.Content
}

// text reads a scalar as it was written, so that 007 and 2024-01-31 stay what they are.
func (d *document) text(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		d.fail(n, "a text is needed here")
		return ""
	}
	return n.Value
}

// texts reads a list of texts; a single text counts as a list of one.
func (d *document) texts(n *yaml.Node) []string {
	if n.Kind == yaml.ScalarNode {
		return []string{d.text(n)}
	}
	var out []string
	for _, item := range d.items(n) {
		out = append(out, d.text(item))
	}
	return out
}

// boolean reads true or false.
func (d *document) boolean(n *yaml.Node) bool {
	var b bool
	if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" || n.Decode(&b) != nil {
		d.fail(n, "true or false is needed here")
	}
	return b
}

// mark reads one character.
func (d *document) mark(n *yaml.Node) rune {
	runes := []rune(d.text(n))
	if len(runes) != 1 {
		d.fail(n, "one character is needed here")
		return 0
	}
	return runes[0]
}
