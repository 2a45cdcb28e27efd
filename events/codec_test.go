package events

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestEncodeRefusesWhatIsIncomplete(t *testing.T) {
	for name, spoil := range map[string]func(*Event){
		"id":          func(e *Event) { e.ID = "" },
		"source":      func(e *Event) { e.Source = "" },
		"type":        func(e *Event) { e.Type = "" },
		"org":         func(e *Event) { e.Org = "" },
		"time":        func(e *Event) { e.Time = time.Time{} },
		"year":        func(e *Event) { e.Time = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"recordedat":  func(e *Event) { e.RecordedAt = time.Time{} },
		"dataversion": func(e *Event) { e.DataVersion = 0 },
		"data":        func(e *Event) { e.Data = nil },
	} {
		e := recorded(parsed(t, TypeCallCompleted))
		spoil(&e)
		if _, err := Encode(e); !errors.Is(err, ErrIncomplete) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, spoil := range map[string]func(*Event){
		"list":      func(e *Event) { e.Data = json.RawMessage(`[]`) },
		"two":       func(e *Event) { e.Data = json.RawMessage(`{},{}`) },
		"injection": func(e *Event) { e.Data = json.RawMessage(`{}},"x":{`) },
		"alias":     func(e *Event) { e.Aliases = []string{"a b"} },
		"UTF-8":     func(e *Event) { e.Rep = "\xff" },
	} {
		e := recorded(parsed(t, TypeCallCompleted))
		spoil(&e)
		if out, err := Encode(e); err == nil {
			t.Errorf("%s: %s", name, out)
		}
	}
}

func TestDecodeTellsWhatIsWrong(t *testing.T) {
	good, err := Encode(recorded(parsed(t, TypeCallCompleted)))
	if err != nil {
		t.Fatal(err)
	}
	replace := func(old, with string) string {
		if !bytes.Contains(good, []byte(old)) {
			t.Fatalf("no %s in %s", old, good)
		}
		return strings.Replace(string(good), old, with, 1)
	}
	for name, tt := range map[string]struct {
		in   string
		want error
	}{
		"empty":         {"", ErrMalformed},
		"list":          {"[]", ErrMalformed},
		"cut short":     {string(good[:len(good)-1]), ErrMalformed},
		"trailing":      {string(good) + "x", ErrMalformed},
		"other version": {replace(`"1.0"`, `"0.3"`), ErrMalformed},
		"id twice":      {replace(`"id":`, `"id":"x","id":`), ErrMalformed},
		"id no string":  {replace(`"id":`, `"id":1,"x":`), ErrMalformed},
		"no id":         {replace(`"id":`, `"x":`), ErrIncomplete},
		"no time":       {replace(`"time":`, `"x":`), ErrIncomplete},
		"bad time":      {replace(`"time":"`, `"time":"x`), ErrMalformed},
		"time number":   {replace(`"time":"`, `"time":1,"x":"`), ErrMalformed},
		"data list":     {replace(`"data":`, `"data":[],"x":`), ErrMalformed},
		"version word":  {replace(`"dataversion":1`, `"dataversion":"1"`), ErrMalformed},
		"newer version": {replace(`"dataversion":1`, `"dataversion":2`), ErrNewerVersion},
		"unknown type":  {replace(`call.completed`, `call.dreamt`), ErrUnknownType},
		"invalid UTF-8": {replace(`rep-7`, "rep-\xff"), ErrMalformed},
		"unknown field": {replace(`"seconds":`, `"mood":{"of":["day"]},"seconds":`), nil},
		"unknown attr":  {replace(`"org":`, `"traceparent":"00-1","org":`), nil},
	} {
		e, err := Decode([]byte(tt.in))
		if !errors.Is(err, tt.want) || tt.want == nil && err != nil {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
		if errors.Is(tt.want, ErrUnknownType) && (e.ID == "" || e.Org == "") {
			t.Errorf("%s: the event should be returned as it was read, got %+v", name, e)
		}
	}
}

// eventGen draws events as a recorder could make them.
func eventGen(t *rapid.T) Event {
	text := rapid.StringMatching(`[a-z"\\\t é世0-9.-]{1,12}`)
	when := rapid.Custom(func(t *rapid.T) time.Time {
		return time.UnixMicro(rapid.Int64Range(firstTime().UnixMicro(), endTime().UnixMicro()-1).Draw(t, "us")).UTC()
	})
	e := Event{
		ID: text.Draw(t, "id"), Source: text.Draw(t, "source"), Type: rapid.SampledFrom(Types()).Draw(t, "type"),
		Org: text.Draw(t, "org"), Rep: text.Draw(t, "rep"), Prospect: text.Draw(t, "prospect"),
		Aliases: rapid.SliceOfN(rapid.StringMatching(`p_[0-9a-v]{26}`), 1, 3).Draw(t, "aliases"),
		Time:    when.Draw(t, "time"), RecordedAt: when.Draw(t, "recordedat"), TimeInferred: rapid.Bool().Draw(t, "inferred"),
		Sealed: text.Draw(t, "sealed"), Digest: text.Draw(t, "digest"),
		RecordedBy: rapid.SampledFrom([]string{"", "k1"}).Draw(t, "by"), Amends: rapid.SampledFrom([]string{"", "e 1"}).Draw(t, "amends"),
	}
	e.DataVersion = Version(e.Type)
	e.Data = appendString([]byte(`{"seconds":3,"x":`), text.Draw(t, "data"))
	e.Data = append(e.Data, '}')
	return e
}

func TestEncodeDecodeRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := eventGen(t)
		wire, err := Encode(want)
		if err != nil {
			t.Fatal(err)
		}
		if !json.Valid(wire) {
			t.Fatalf("not JSON: %s", wire)
		}
		got, err := Decode(wire)
		if err != nil {
			t.Fatalf("%v: %s", err, wire)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// A type whose payload has changed twice: "secs" became "seconds", then "outcome" was added.
func TestDecodeLiftsOldPayloads(t *testing.T) {
	type v3 struct {
		Seconds int64  `json:"seconds" doc:"Length."`
		Outcome string `json:"outcome" doc:"How it ended."`
	}
	def := define[v3]("call.timed", "A call was timed.")
	def.upcasters = []upcaster{
		func(data json.RawMessage) (json.RawMessage, error) {
			var old struct{ Secs *int64 }
			if err := json.Unmarshal(data, &old); err != nil || old.Secs == nil {
				return nil, errors.New("no secs")
			}
			return fmt.Appendf(nil, `{"seconds":%d}`, *old.Secs), nil
		},
		func(data json.RawMessage) (json.RawMessage, error) {
			return append(bytes.TrimSuffix(bytes.Clone(data), []byte{'}'}), `,"outcome":"unknown"}`...), nil
		},
	}
	r := newRegistry(group{KindCall, []definition{def}})
	e := Event{
		ID: "1", Source: "/x", Type: "call.timed", Org: "o", Time: firstTime(), RecordedAt: firstTime(),
	}
	for version, data := range map[int]string{
		1: `{"secs":5}`, 2: `{"seconds":5}`, 3: `{"seconds":5,"outcome":"unknown"}`,
	} {
		e.DataVersion, e.Data = version, json.RawMessage(data)
		wire, err := Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.decode(wire)
		if err != nil || got.DataVersion != 3 || string(got.Data) != `{"seconds":5,"outcome":"unknown"}` {
			t.Errorf("version %d: %d %s, %v", version, got.DataVersion, got.Data, err)
		}
	}
	for version, want := range map[int]string{1: "upcast call.timed from version 1: no secs", 4: "newer"} {
		e.DataVersion, e.Data = version, json.RawMessage(`{}`)
		wire, err := Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.decode(wire); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("version %d: %v, want %s", version, err, want)
		}
	}
}

func TestDecodeData(t *testing.T) {
	e := recorded(parsed(t, TypeCallCompleted))
	call, err := DecodeData[CallCompleted](e)
	want := CallCompleted{
		Origin:    Origin{Source: "referral", Campaign: "spring-2026", Product: "GTX Pro"},
		Direction: Outbound, Outcome: CallConversation, Seconds: 312,
	}
	if diff := cmp.Diff(want, call); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	e.Data = json.RawMessage(`{"seconds":"x"}`)
	if _, err := DecodeData[CallCompleted](e); err == nil {
		t.Error("wrong type went through")
	}
}

func FuzzDecode(f *testing.F) {
	for _, typ := range Types() {
		wire, err := Encode(recorded(parsed(f, typ)))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(wire)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := Decode(b)
		if err != nil {
			return
		}
		wire, err := Encode(e)
		if err != nil {
			return // attributes that no recorder writes, such as an alias with an escape
		}
		again, err := Decode(wire)
		if err != nil {
			t.Fatalf("%v: %s", err, wire)
		}
		if diff := cmp.Diff(e, again); diff != "" {
			t.Error(diff)
		}
		_, _ = Facts(e)
	})
}

func FuzzDecodeBatch(f *testing.F) {
	f.Add(EncodeBatch([]Frame{{Position: 1, Subject: "ledger.00.a.b", Body: []byte("{}")}, {Position: 2}}))
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		frames, err := DecodeBatch(b)
		if err != nil {
			return
		}
		again, err := DecodeBatch(EncodeBatch(frames))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(frames, again); diff != "" {
			t.Error(diff)
		}
	})
}
