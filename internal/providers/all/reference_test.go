package all_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"milemarker/internal/providers"
	"milemarker/internal/providers/all"
)

var reference = flag.Bool("reference", false, "write docs/PROVIDERS.md anew")

// TestReference holds docs/PROVIDERS.md against what the providers say of themselves.
func TestReference(t *testing.T) {
	const path = "../../../docs/PROVIDERS.md"
	want := render(all.List())
	if *reference {
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(want, string(got)); diff != "" {
		t.Errorf("docs/PROVIDERS.md is not what the providers say (go test ./internal/providers/all -run Reference -reference):\n%s", diff)
	}
}

const head = `# Providers

Who can tell what happened, and how. The table is written from what each adapter says of itself (` +
	"`go test ./internal/providers/all -run Reference -reference`" + `); how to connect one is said by ` + "`milemarker connections add --provider NAME`" + `.

How sure: *documented* by the provider itself; *captured* from deliveries or code that others published; *secondary*, from what others wrote; *unconfirmed*, to be checked against a real delivery.

| provider | kinds of delivery, and what they become | verification | told apart by | how sure |
|---|---|---|---|---|
`

func render(list []providers.Provider) string {
	abouts := make([]providers.About, len(list))
	for i, p := range list {
		abouts[i] = p.About()
	}
	slices.SortFunc(abouts, func(a, b providers.About) int {
		return cmp.Or(strings.Compare(string(a.Category), string(b.Category)), strings.Compare(a.Name, b.Name))
	})
	var out strings.Builder
	out.WriteString(head)
	for _, a := range abouts {
		fmt.Fprintf(&out, "| **%s** (`%s`, %s) | %s | %s | %s | %s |\n",
			cell(a.Title), a.Name, a.Category, cell(kinds(a.Kinds)), cell(a.Verification), cell(a.Idempotency), a.Confidence)
	}
	out.WriteString("\nEvery other kind of delivery is kept and marked as ignored.\n\n## Known limits\n")
	for _, a := range abouts {
		if len(a.Limits) == 0 {
			continue
		}
		fmt.Fprintf(&out, "\n**%s**\n\n", a.Title)
		for _, l := range a.Limits {
			out.WriteString("- " + l + "\n")
		}
	}
	return out.String()
}

// cell keeps a text within a cell of a table.
func cell(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "|", "\\|"), "\n", " ")
}

// kinds lists what deliveries become; neighbours that become the same share a line.
func kinds(all []providers.Kind) string {
	var lines []string
	for len(all) > 0 {
		same := 1
		for same < len(all) && slices.Equal(all[same].Events, all[0].Events) {
			same++
		}
		var names []string
		for _, k := range all[:same] {
			name := "`" + k.Name + "`"
			if k.Note != "" {
				name += " (" + k.Note + ")"
			}
			names = append(names, name)
		}
		become := strings.Join(all[0].Events, ", ")
		if len(all[0].Events) > 12 {
			become = "any event"
		}
		lines = append(lines, strings.Join(names, ", ")+" → "+become)
		all = all[same:]
	}
	return strings.Join(lines, "<br>")
}
