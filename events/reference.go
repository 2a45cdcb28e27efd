package events

import (
	"fmt"
	"strings"
)

// Reference returns the vocabulary as Markdown: every type with its fields, from the same tags that are enforced.
func Reference() string {
	var b strings.Builder
	b.WriteString("# Events\n\nPrivate fields are sealed on arrival; the ledger never holds them in clear.\n")
	for _, g := range known().kinds {
		fmt.Fprintf(&b, "\n## %s\n", g.kind)
		for _, def := range g.types {
			fmt.Fprintf(&b, "\n### %s\n\n%s\n\n| field | form | |\n|---|---|---|\n", def.typ, def.doc)
			def.payload.reference(&b, "")
		}
	}
	return b.String()
}

// reference writes one table row for each field, those of inner objects after it.
func (s *shape) reference(b *strings.Builder, prefix string) {
	for i := range s.fields {
		f := &s.fields[i]
		fmt.Fprintf(b, "| `%s%s` | %s | %s |\n", prefix, f.name, f.words(), f.doc)
		switch {
		case f.shape != nil:
			f.shape.reference(b, prefix+f.name+".")
		case f.elem != nil && f.elem.shape != nil:
			f.elem.shape.reference(b, prefix+f.name+"[].")
		}
	}
}

// words describes what a field holds.
func (f *field) words() string {
	words := string(f.form)
	inner := f
	if f.elem != nil {
		words += " of " + string(f.elem.form)
		inner = f.elem
	}
	switch {
	case inner.enum != nil:
		words += ": " + strings.Join(inner.enum, ", ")
	case inner.format != nil:
		words += " (" + inner.format.name + ")"
	}
	if f.fallback != "" {
		words += "; absent: " + f.fallback
	}
	if f.required {
		words = "**required** " + words
	}
	if f.private {
		words = "private " + words
	}
	return words
}
