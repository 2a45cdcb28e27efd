package dial

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/wire"
)

// Call is what a delivery tells of one call.
type Call struct {
	// Version orders what is told of one call.
	Version Version `json:"version"`

	ID        string    `json:"id"` // the provider's
	Direction string    `json:"direction"`
	Outcome   string    `json:"outcome"`     // "" while all that is known is that there is a call
	At        time.Time `json:"at,omitzero"` // when it ended, zero if that cannot be read
	Seconds   int64     `json:"seconds,omitzero"`

	Contact events.Contact `json:"contact,omitzero"`
	Origin  events.Origin  `json:"origin,omitzero"`

	// Dispositions are what the rep chose after the call: looked up in the table of the connection's settings. Ever are
	// those that were once chosen, sorted: what was told of a lead is not taken back.
	Dispositions []string `json:"dispositions,omitzero"`
	Ever         []string `json:"ever,omitzero"`

	// Machine says that a machine picked up, Qualified and Disqualified, without a table, whether the prospect is worth
	// pursuing. What was told once holds for the call.
	Machine      bool `json:"machine,omitzero"`
	Qualified    bool `json:"qualified,omitzero"`
	Disqualified bool `json:"disqualified,omitzero"`

	// Worth is what the prospect is thought to be worth, told with Qualified.
	Worth events.Price `json:"worth,omitzero"`

	Reps []providers.Rep `json:"reps,omitzero"`
}

// Version orders what is told of one call: by rank, then by time in milliseconds, then by the delivery's key.
type Version struct {
	Rank int    `json:"rank"`
	At   int64  `json:"at"`
	Of   string `json:"of"`
}

// compare orders versions. Two are equal only if they are of the same delivery.
func (v Version) compare(other Version) int {
	return cmp.Or(cmp.Compare(v.Rank, other.Rank), cmp.Compare(v.At, other.At), cmp.Compare(v.Of, other.Of))
}

// Keep merges a call with what is kept of it, and returns the newer of the two and what is to be kept. It is commutative,
// associative and idempotent among deliveries. Of the same delivery, read once more, the last reading counts: so a mended
// adapter mends what was told.
func Keep(state []byte, c Call) (newest Call, kept []byte) {
	c.Ever = union(c.Ever, c.Dispositions)
	var before Call
	if json.Unmarshal(state, &before) != nil || before.ID != c.ID || !wire.Stand(before.Events("")) {
		return c, encode(c)
	}
	for _, one := range []struct{ to, from *Call }{{&c, &before}, {&before, &c}} {
		one.to.Machine = one.to.Machine || one.from.Machine
		one.to.Qualified = one.to.Qualified || one.from.Qualified
		one.to.Disqualified = one.to.Disqualified || one.from.Disqualified
		one.to.Ever = union(one.to.Ever, one.from.Ever)
	}
	newest = c
	if before.Version.compare(c.Version) > 0 {
		newest = before
	}
	return newest, encode(newest)
}

// maxDispositions bounds what is kept of a call.
const maxDispositions = 50

// union joins two lists of dispositions, folded and sorted.
func union(a, b []string) []string {
	var all []string
	for _, text := range slices.Concat(a, b) {
		if text = fold(text); text != "" {
			all = append(all, text)
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	return all[:min(len(all), maxDispositions)]
}

func encode(c Call) []byte {
	b, err := json.Marshal(c)
	if err != nil {
		return nil // a time that JSON cannot hold: wire bounds all times
	}
	return b
}

// Told returns what comes of a delivery that tells of a call. Table is what holds where the owner of the connection has
// not said what dispositions mean.
func Told(in providers.Input, kind, key string, c Call, table string) providers.Output {
	c.Version.Of = key
	newest, kept := Keep(in.State, c)
	if own := in.Settings[SettingName]; strings.TrimSpace(own) != "" {
		table = own
	}
	return providers.Output{Kind: kind, Key: key, State: kept, Events: newest.Events(table)}
}

// Events returns the events of a call, none while its outcome is not known. Table says what dispositions mean.
func (c Call) Events(table string) []providers.Event {
	if c.Outcome == "" {
		return nil
	}
	dispositions := Table(table)
	qualified, disqualified, outcome := c.Qualified, c.Disqualified, c.Outcome
	if c.Machine && outcome == events.CallConversation {
		outcome = events.CallVoicemail
	}
	for _, given := range c.Dispositions {
		for _, means := range dispositions[fold(given)] {
			if !strings.HasPrefix(means, "lead.") {
				outcome = means
			}
		}
	}
	for _, given := range c.Ever {
		qualified = qualified || slices.Contains(dispositions[given], events.TypeLeadQualified)
		disqualified = disqualified || slices.Contains(dispositions[given], events.TypeLeadDisqualified)
	}
	seconds := c.Seconds
	if outcome != events.CallConversation && outcome != events.CallVoicemail {
		seconds = 0 // it rang
	}
	event := func(typ string, payload any) providers.Event {
		return providers.Event{Key: c.ID, Draft: wire.Draft(typ, c.At, payload), Reps: c.Reps, Amends: true}
	}
	told := []providers.Event{event(events.TypeCallCompleted, events.CallCompleted{
		Contact: c.Contact, Origin: c.Origin, Direction: c.Direction, Outcome: outcome, Seconds: wire.Length(seconds),
	})}
	person := events.Contact{Person: c.Contact.Person}
	if qualified {
		told = append(told, event(events.TypeLeadQualified, events.LeadQualified{Contact: person, Origin: c.Origin, Price: c.Worth}))
	}
	if disqualified {
		told = append(told, event(events.TypeLeadDisqualified, events.LeadDisqualified{Contact: person, Origin: c.Origin}))
	}
	return told
}

// SettingName is the name of the setting that holds the table.
const SettingName = "dispositions"

// Setting describes the table to the owner of a connection. What is what the provider calls a disposition.
func Setting(what, example string) providers.Setting {
	return providers.Setting{
		Name: SettingName,
		Help: "What your " + what + " mean, one a line or with semicolons between: the text as in your account, an equals sign, and one or more of " +
			"conversation, voicemail, no_answer, busy, failed, qualified, disqualified. Example: " + example,
	}
}

// Table reads a table of dispositions. What it does not understand it passes over.
func Table(text string) map[string][]string {
	table := map[string][]string{}
	for line := range lines(text) {
		from, to, _ := strings.Cut(line, "=")
		for _, word := range strings.FieldsFunc(to, func(r rune) bool { return strings.ContainsRune(" ,+\t", r) }) {
			if means := meaning(word); means != "" {
				table[fold(from)] = append(table[fold(from)], means)
			}
		}
	}
	return table
}

func lines(text string) func(yield func(string) bool) {
	return strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == '\r' || r == ';' })
}

func meaning(word string) string {
	switch word = strings.ToLower(word); word {
	case events.CallConversation, events.CallVoicemail, events.CallNoAnswer, events.CallBusy, events.CallFailed,
		events.TypeLeadQualified, events.TypeLeadDisqualified:
		return word
	case "qualified":
		return events.TypeLeadQualified
	case "disqualified":
		return events.TypeLeadDisqualified
	}
	return ""
}

// fold makes a disposition comparable: people write them in any case.
func fold(text string) string { return strings.ToLower(wire.Line(text, 200)) }

// Reps lists who made a call, leaving out what is empty.
func Reps(reps ...providers.Rep) []providers.Rep {
	return slices.DeleteFunc(reps, func(r providers.Rep) bool { return r.Value == "" })
}

// Rep names a rep.
func Rep(kind providers.RepKind, value string) providers.Rep {
	return providers.Rep{Kind: kind, Value: wire.Line(value, 100)}
}
