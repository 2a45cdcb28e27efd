package api

import (
	"net/url"
	"testing"
)

func TestEmptyChoiceIsNotNamed(t *testing.T) {
	q := newQuery(url.Values{"part": {"noon"}})
	q.choice("part", "", "morning", "evening")
	err, ok := q.done().(failure) //nolint:errorlint // it is returned as it is
	if !ok || len(err.Errors) != 1 || err.Errors[0].Detail != "must be one of morning, evening" {
		t.Errorf("%+v", err)
	}
}
