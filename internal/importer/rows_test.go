package importer

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"milemarker/internal/mapping"
)

func TestRows(t *testing.T) {
	comma := mapping.CSV{Delimiter: ',', Header: true}
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"plain", "a,b\n1,2\n3,4\n", []string{"2 1|2", "3 3|4"}},
		{"byte order mark", "\ufeffa,b\n1,2\n", []string{"2 1|2"}},
		{"carriage returns", "a,b\r\n1,2\r\n\r\n3,4", []string{"2 1|2", "4 3|4"}},
		{"newlines in quotes", "a,b\n\"x\r\ny\n\",2\n3,\"4\"\"\"\n", []string{"2 x\ny\n|2", "5 3|4\""}},
		{"ragged", "a,b\n1\n1,2\n1,2,3\n", []string{
			"line 2: 1 fields where the header has 2", "3 1|2", "line 4: 3 fields where the header has 2",
		}},
		{"broken quotes", "a,b\n1,x\"y\n3,4\n\"5\"6,7\n8,9\n", []string{
			"line 2: not CSV: bare \" in non-quoted-field", "3 3|4", "line 4: not CSV: extraneous or missing \" in quoted-field", "5 8|9",
		}},
		{"open quote", "a,b\n1,\"2\n3,4\n", []string{"line 2: not CSV: extraneous or missing \" in quoted-field"}},
		{"nothing", "a,b\n", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			rs, err := readRows(iotest.OneByteReader(strings.NewReader(c.in)), comma)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for {
				r, err := rs.next()
				if errors.Is(err, io.EOF) {
					break
				}
				if bad, ok := errors.AsType[*rowError](err); ok {
					got = append(got, bad.Error())
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, fmt.Sprintf("%d %s|%s", r.line, r.Get("a"), r.Get("b")))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRowsRefusals(t *testing.T) {
	if _, err := readRows(strings.NewReader(""), mapping.CSV{Delimiter: ',', Header: true}); err == nil {
		t.Error("an empty file has a header")
	}
	rs, err := readRows(strings.NewReader("a\n1\n\""+strings.Repeat("x\n", maxRecord)), mapping.CSV{Delimiter: ',', Header: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rs.next(); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("a record after line 2 is longer than %d bytes: is a quote left open?", maxRecord)
	if _, err := rs.next(); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestSurvey(t *testing.T) {
	good := "a,b\nZoë,€\n" + strings.Repeat("x", 64<<10-12) + "€€€\n"
	for name, wrap := range map[string]func(io.Reader) io.Reader{
		"whole": func(r io.Reader) io.Reader { return r }, "bytes": iotest.OneByteReader, "with EOF": iotest.DataErrReader,
	} {
		var seen strings.Builder
		size, err := survey(wrap(strings.NewReader(good)), &seen)
		if err != nil || size != int64(len(good)) || seen.String() != good {
			t.Errorf("%s: %d of %d bytes, %v", name, size, len(good), err)
		}
		for bad, line := range map[string]int{
			"a\nZo\xeb,1\n":        2, // Windows-1252
			"a\n\n\xe2\x82":        3, // cut short
			"\xff\xfea\x00,\x00":   1, // UTF-16
			"a,\x00b\n":            1,
			"ok\nok\nok\n\xc0\x80": 4,
		} {
			want := fmt.Sprintf("line %d is not UTF-8: save the file as UTF-8 (not Windows-1252 or UTF-16)", line)
			if _, err := survey(wrap(strings.NewReader(bad)), io.Discard); err == nil || err.Error() != want {
				t.Errorf("%s: %q: got %v, want %s", name, bad, err, want)
			}
		}
	}
}

func TestTable(t *testing.T) {
	s, spec := mapping.CSV{Delimiter: ';'}, mapping.Table{Key: "k", On: "k"}
	for in, want := range map[string]string{
		"k;v\n1;x\n1;y\n": `line 3: a second row for "1"`,
		"a;v\n1;x\n":      `there is no column "k"; the file has: a, v`,
		"k;v\n1\n":        "line 2: 1 fields where the header has 2",
	} {
		if _, err := readTable(strings.NewReader(in), s, spec); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", in, err, want)
		}
	}
	var big strings.Builder
	big.WriteString("k\n")
	for i := range maxTable + 1 {
		fmt.Fprintln(&big, i)
	}
	if _, err := readTable(strings.NewReader(big.String()), s, spec); err == nil {
		t.Error("a table may have any size")
	}
}
