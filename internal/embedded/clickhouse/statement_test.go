package clickhouse

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseStatement(t *testing.T) {
	compare := cmp.AllowUnexported(statement{})
	for text, want := range map[string]statement{
		"":         {},
		"select 1": {verb: "SELECT"},
		"/* a */ -- b\n #!c\n WITH 1 AS x SELECT x":          {verb: "WITH"},
		"(SELECT 1 FORMAT JSON)":                             {verb: "("},
		"SELECT 1 FORMAT JSON;":                              {verb: "SELECT", format: "JSON"},
		"SELECT 1 format CSV SETTINGS max_threads = 1":       {verb: "SELECT", format: "CSV"},
		"SELECT 1 SETTINGS max_threads = 1 FORMAT Null":      {verb: "SELECT", format: "Null"},
		"SELECT format('{}', 1), 'x FORMAT JSON'":            {verb: "SELECT"},
		"SELECT a AS format FROM t":                          {verb: "SELECT"},
		"SELECT 'it''s \\' FORMAT JSON' AS `FORMAT`":         {verb: "SELECT"},
		"SELECT $x$ FORMAT JSON $x$":                         {verb: "SELECT"},
		"SELECT 1 INTO OUTFILE 'x' FORMAT CSV":               {verb: "SELECT", format: "CSV", outside: true},
		"INSERT INTO t SELECT 1":                             {verb: "INSERT"},
		"INSERT INTO t (a) (SELECT 1)":                       {verb: "INSERT"},
		"INSERT INTO t (a) WITH 1 AS x SELECT x":             {verb: "INSERT"},
		"INSERT INTO t FROM INFILE 'x' FORMAT CSV":           {verb: "INSERT", outside: true},
		"INSERT INTO t":                                      {verb: "INSERT"},
		"INSERT INTO t FORMAT CSV\n1,2\n":                    {verb: "INSERT", rows: true, format: "CSV", head: "INSERT INTO t ", data: "1,2\n"},
		"INSERT INTO t FORMAT CSV 1,2":                       {verb: "INSERT", rows: true, format: "CSV", head: "INSERT INTO t ", data: "1,2"},
		"INSERT INTO db.values (format, `a)`) FORMAT Native": {verb: "INSERT", rows: true, format: "Native", head: "INSERT INTO db.values (format, `a)`) "},
		"INSERT INTO format VALUES (1)":                      {verb: "INSERT", rows: true, format: "Values", head: "INSERT INTO format ", data: " (1)"},
		"INSERT INTO TABLE FUNCTION file('values') SETTINGS x = 'format' VALUES": {
			verb: "INSERT", rows: true, format: "Values", head: "INSERT INTO TABLE FUNCTION file('values') SETTINGS x = 'format' ",
		},
	} {
		if diff := cmp.Diff(want, parseStatement(text), compare); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func FuzzParseStatement(f *testing.F) {
	for _, seed := range []string{"INSERT INTO t (a) FORMAT CSV\n1", "SELECT 'a\\", "/*", "$a$b", "`", "INSERT INTO t VALUES (", "INSERT INTO t FORMAT", "--", "((("} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		st := parseStatement(text)
		if !st.rows && st.head+st.data != "" {
			t.Errorf("%+v", st)
		}
		if len(st.head)+len(st.data) > len(text) {
			t.Errorf("more than there was: %+v", st)
		}
	})
}
