package mapping

import "testing"

func TestDecimal(t *testing.T) {
	plain, turned, swiss := marks{'.', ','}, marks{',', '.'}, marks{'.', '\''}
	for _, c := range []struct {
		marks    marks
		in, want string // want "" is an error
	}{
		{plain, "1054", "1054"},
		{plain, " $1,054.00 ", "1054"},
		{plain, "USD 99", "99"},
		{plain, "99.5 EUR", "99.5"},
		{plain, "€ 0.10", "0.1"},
		{plain, ".5", "0.5"},
		{plain, "(12.50)", "-12.5"},
		{plain, "($12.50)", "-12.5"},
		{plain, "-$5", "-5"},
		{plain, "$-5", "-5"},
		{plain, "−3", "-3"},
		{plain, "+3", "3"},
		{plain, "-0.00", "0"},
		{plain, "007", "7"},
		{plain, "12,345,678.9", "12345678.9"},
		{plain, "92233720368547758079999", "92233720368547758079999"},
		{turned, "1.054,00 €", "1054"},
		{turned, "1,5", "1.5"},
		{swiss, "CHF 1'234.50", "1234.5"},

		{plain, "", ""},
		{plain, "-", ""},
		{plain, "$", ""},
		{plain, "5.", ""},
		{plain, "1,5", ""},
		{plain, ",500", ""},
		{plain, "1,2345", ""},
		{plain, "1234,567", ""},
		{plain, "1.2.3", ""},
		{plain, "--5", ""},
		{plain, "(-5)", ""},
		{plain, "(5", ""},
		{plain, "1e5", ""},
		{plain, "12 34", ""},
		{plain, "٣", ""},
		{plain, "abc", ""},
		{turned, "1.5", ""},
	} {
		got, err := c.marks.decimal(c.in)
		if got != c.want || (err == nil) == (c.want == "") {
			t.Errorf("%q: got %q, %v, want %q", c.in, got, err, c.want)
		}
	}
}

func FuzzDecimal(f *testing.F) {
	f.Add("$1,054.00")
	f.Add("(12.50)")
	f.Fuzz(func(t *testing.T, s string) {
		m := marks{'.', ','}
		once, err := m.decimal(s)
		if err != nil {
			return
		}
		if twice, err := m.decimal(once); err != nil || twice != once {
			t.Errorf("%q reads as %q, and that as %q, %v", s, once, twice, err)
		}
	})
}

func TestSecondsAndTruth(t *testing.T) {
	for in, want := range map[string]int64{"45": 45, "2:05": 125, " 1:02:03 ": 3723, "90:00": 5400, "0": 0} {
		if got, err := seconds(in); err != nil || got != want {
			t.Errorf("%q: got %d, %v, want %d", in, got, err, want)
		}
	}
	for _, bad := range []string{"", "1:60", "-1", "+1", "1:2:3:4", ":5", "1.5", "99999999999"} {
		if got, err := seconds(bad); err == nil {
			t.Errorf("%q reads as %d s", bad, got)
		}
	}
	for in, want := range map[string]bool{"true": true, " Yes": true, "X": true, "1": true, "FALSE": false, "no": false, "0": false} {
		if got, err := truth(in); err != nil || got != want {
			t.Errorf("%q: got %v, %v, want %v", in, got, err, want)
		}
	}
	if _, err := truth("maybe"); err == nil {
		t.Error("maybe is a truth value")
	}
}
