package wire_test

import (
	"testing"
	"time"

	"milemarker/internal/providers/wire"
)

func TestTimes(t *testing.T) {
	chicago, err := time.LoadLocation("America/Chicago")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"2026-09-14T15:04:41Z":            "2026-09-14T15:04:41Z",
		"2026-09-14T10:04:41.252-05:00":   "2026-09-14T15:04:41.252Z",
		"2026-09-14T10:04:41-0500":        "2026-09-14T15:04:41Z",
		"2026-09-14T15:04:41.1234567Z":    "2026-09-14T15:04:41.123456Z", // to the microsecond
		"Mon, 14 Sep 2026 15:04:41 +0000": "2026-09-14T15:04:41Z",
		"1789398320":                      "2026-09-14T15:05:20Z",
		"1789398320123":                   "2026-09-14T15:05:20.123Z",
		" 2026-09-14 10:04:41 ":           "2026-09-14T15:04:41Z", // in the zone
		"2026-09-14 8:25:43":              "2026-09-14T13:25:43Z",
		"2026-09-14T10:04":                "2026-09-14T15:04:00Z",
		"2026-09-14 15:04:41 UTC":         "2026-09-14T15:04:41Z",
		"2026-09-14 15:04:41 CEST":        "", // not known in this zone: it could be any
		"2026-09-14 10:04:41 CDT":         "2026-09-14T15:04:41Z",
		"2018-19-12T22:20:32.000Z":        "", // a provider's own example
		"14/09/2026":                      "", // or is it the other way round?
		"tomorrow":                        "",
		"":                                "",
		"0":                               "",
		"-1":                              "",
		"1":                               "",
		"99999999999999":                  "",
		"9999-01-01T00:00:00Z":            "",
		"0001-01-01T00:00:00Z":            "",
	} {
		got := ""
		if at := wire.Time(text, chicago); !at.IsZero() {
			got = at.Format(time.RFC3339Nano)
		}
		if got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
	lisbon, err := time.LoadLocation("Europe/Lisbon")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"2026-01-14 15:04:41", "2026-01-14 15:04:41 WET", "2026-01-14T15:04:41+00:00"} {
		if at := wire.Time(text, lisbon); at.Hour() != 15 {
			t.Errorf("%q in Lisbon is %s", text, at)
		}
	}
	if at := wire.Time("09/16/2026 10:00 AM", nil, "01/02/2006 03:04 PM"); at.Hour() != 10 || at.Day() != 16 {
		t.Errorf("by its layout: %s", at)
	}
}

func TestHappened(t *testing.T) {
	now := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	past, soon, far := now.Add(-time.Hour), now.Add(23*time.Hour), now.Add(25*time.Hour)
	for name, c := range map[string]struct {
		times []time.Time
		want  time.Time
	}{
		"the first":          {[]time.Time{past, soon}, past},
		"a clock ahead":      {[]time.Time{soon}, soon},
		"too far ahead":      {[]time.Time{far, past}, past},
		"none that can be":   {[]time.Time{far, {}}, time.Time{}},
		"none":               {nil, time.Time{}},
		"an unknown, passed": {[]time.Time{{}, past}, past},
	} {
		if got := wire.Happened(now, c.times...); !got.Equal(c.want) {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestSeconds(t *testing.T) {
	now := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	for want, pair := range map[int64][2]time.Time{
		219: {now, now.Add(219900 * time.Millisecond)},
	} {
		if got := wire.Seconds(pair[0], pair[1]); got != want {
			t.Errorf("%d, want %d", got, want)
		}
	}
	for name, pair := range map[string][2]time.Time{
		"backwards": {now, now.Add(-time.Second)}, "no start": {{}, now}, "no end": {now, {}}, "more than a day": {now, now.Add(25 * time.Hour)},
	} {
		if got := wire.Seconds(pair[0], pair[1]); got != 0 {
			t.Errorf("%s: %d", name, got)
		}
	}
}
