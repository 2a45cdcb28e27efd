package all_test

import (
	"os"
	"slices"
	"testing"

	"milemarker/internal/providers"
	"milemarker/internal/providers/all"
)

func TestNamesAreSortedAndUnique(t *testing.T) {
	var names []string
	for _, p := range all.List() {
		names = append(names, p.About().Name)
	}
	if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("%q", names)
	}
}

// A folder with golden files is a provider: it must be in the list. Package providertest has a toy.
func TestEveryProviderIsListed(t *testing.T) {
	known := map[string]bool{}
	for _, p := range all.List() {
		known[p.About().Name] = true
	}
	folders, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		if _, err := os.Stat("../" + folder.Name() + "/testdata/golden"); err == nil && !known[folder.Name()] && folder.Name() != "providertest" {
			t.Errorf("%s is not in the list", folder.Name())
		}
	}
}

// What is about one provider must not depend on who asks, or on what was asked before.
func TestAboutIsAValue(t *testing.T) {
	for _, p := range all.List() {
		before := p.About()
		changed := p.About()
		for i := range changed.Steps {
			changed.Steps[i] = "changed"
		}
		for i := range changed.Kinds {
			changed.Kinds[i] = providers.Kind{}
		}
		if after := p.About(); after.Steps[0] != before.Steps[0] || after.Kinds[0].Name != before.Kinds[0].Name {
			t.Errorf("%s: a caller can change what is told to the next", before.Name)
		}
	}
}
