package routine

import (
	"bytes"
	_ "embed"
	"html/template"
	"strings"
)

//go:embed agenda.html
var agendaHTML string

// Markdown writes an agenda as Markdown (CommonMark). What people wrote is shown as it is, never as markup.
func (a Agenda) Markdown() string {
	var b strings.Builder
	line := func(parts ...string) { b.WriteString(strings.Join(parts, "") + "\n") }
	section := func(title string, n int) bool {
		if n > 0 {
			line("\n## ", title, "\n")
		}
		return n > 0
	}
	line("# ", plain(a.Title()))
	line("\n", plain(a.Whose()), ". ", plain(a.StateWords()))
	if section("Goals", len(a.Goals)) {
		for _, g := range a.Goals {
			line("- **", plain(g.Title), "**: ", words(g.Status), ". ", plain(g.Sentence))
			if g.Meaning != "" {
				line("  Why: ", plain(g.Meaning))
			}
		}
	}
	if section("Numbers", len(a.Numbers)) {
		line("| | this time | before |\n|---|---:|---:|")
		for _, n := range a.Numbers {
			line("| ", plain(strings.TrimSpace(n.Title+" "+n.Unit)), " | ", plain(n.Value), " | ", plain(n.Before), " |")
		}
	}
	if section("Plan", len(a.Steps)) {
		for _, s := range a.Steps {
			line("- ", box(&s.Done), plain(s.Says))
		}
	}
	if section("Promises", len(a.Promises)) {
		for _, p := range a.Promises {
			line("- ", box(p.Done), plain(p.Name()), due(p.DueOn), unsaid(p.Done))
		}
	}
	if section("Hassles", len(a.Hassles)) {
		for _, h := range a.Hassles {
			line("- ", plain(h.Name()), " (since ", h.Since.String(), ")")
		}
	}
	for _, m := range a.Members {
		a.member(line, m)
	}
	if section("Reviews", len(a.Reviews)) {
		for _, r := range a.Reviews {
			line("- ", plain(r.Title), ": ", words(string(r.State)))
		}
	}
	if section("Priorities of the quarter", len(a.Priorities)) {
		for i, p := range a.Priorities {
			line(string(rune('1'+i)), ". ", plain(orID(p.Text, p.Priority)))
		}
	}
	if section("Comments", len(a.Comments)) {
		for _, c := range a.Comments {
			line("- ", plain(c.By), ", ", a.local(c.At), ": ", plain(c.Text))
		}
	}
	if section("To talk about", len(a.Questions)) {
		for _, q := range a.Questions {
			line("- ", plain(q))
		}
	}
	return b.String()
}

// member writes how one of a team stands.
func (a Agenda) member(line func(parts ...string), m Member) {
	line("\n## ", plain(m.Rep), "\n")
	if m.State != "" {
		line("- ", plain(a.Rhythm.Name()), ": ", words(string(m.State)))
	}
	for _, g := range m.Goals {
		line("- **", plain(g.Title), "**: ", words(g.Status), ". ", plain(g.Sentence))
	}
	for _, n := range m.Numbers {
		line("- ", plain(strings.TrimSpace(n.Title+" "+n.Unit)), ": ", plain(n.Value), ", before ", plain(n.Before))
	}
	for _, p := range m.Promises {
		line("- ", box(p.Done), plain(p.Name()), due(p.DueOn), unsaid(p.Done))
	}
	for _, h := range m.Hassles {
		line("- In the way: ", plain(h.Name()), " (since ", h.Since.String(), ")")
	}
}

// Whose says whose review it is, and with whom.
func (a Agenda) Whose() string {
	switch {
	case a.Rep != "" && a.For != "":
		return a.Rep + ", as shared with " + a.For
	case a.Rep != "":
		return a.Rep + with(a.Partner)
	case a.Team != "":
		return "Team " + a.Team + led(a.Lead)
	}
	return "The org" + led(a.Lead)
}

func led(lead string) string {
	if lead == "" {
		return ""
	}
	return ", led by " + lead
}

// HTML writes an agenda as one page without scripts and without anything from elsewhere, for mail and for print.
func (a Agenda) HTML() (string, error) {
	t, err := template.New("agenda").Funcs(template.FuncMap{
		"words": words, "due": due, "unsaid": unsaid, "orID": orID,
		"done":  func(d *bool) bool { return d != nil && *d },
		"local": a.local,
	}).Parse(agendaHTML)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	err = t.Execute(&b, a)
	return b.String(), err
}

// StateWords says in what state the review is.
func (a Agenda) StateWords() string {
	switch a.State {
	case Done:
		return "Held " + a.local(a.Review.At) + "."
	case Skipped:
		return "Skipped: " + a.Review.Reason + "."
	case Overdue:
		return "To be held; it was due by " + a.local(a.OverdueAt) + "."
	case Missed:
		return "Not held."
	case "": // is not shared
		return ""
	case ToCome:
		return "To come, from " + a.local(a.Opens) + " on."
	default:
		return "To be held by " + a.local(a.OverdueAt) + "."
	}
}

// Name is what a promise is called: its text, or its id where the text cannot be shown.
func (p Promise) Name() string { return orID(p.Text, p.ID) }

// Name is what a hassle is called.
func (h Hassle) Name() string { return orID(h.Text, h.ID) }

func orID(text, id string) string {
	if text == "" {
		return id
	}
	return text
}

func words(s string) string { return strings.ReplaceAll(s, "_", " ") }

func with(partner string) string {
	if partner == "" {
		return ""
	}
	return " with " + partner
}

func due(on string) string {
	if on == "" {
		return ""
	}
	return " (by " + on + ")"
}

// unsaid says that nobody told what became of a promise.
func unsaid(done *bool) string {
	switch {
	case done == nil:
		return ", not told yet"
	case *done:
		return ", done"
	}
	return ", not done"
}

func box(done *bool) string {
	if done != nil && *done {
		return "[x] "
	}
	return "[ ] "
}

// plain keeps what people wrote on one line and from being read as markup.
func plain(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune("\\`*_[]<>|#", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
