package ringcentral

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/dial"
	"milemarker/internal/providers/wire"
)

// session is what is known of a call: each notification tells of one party, and they come in any order.
type session struct {
	Parties map[string]party `json:"parties"`
}

// party is somebody who took part. Times are in milliseconds, 0 if it did not happen or cannot be read.
type party struct {
	Latest latest `json:"latest"`

	Answered  bool   `json:"answered,omitzero"`
	Ended     bool   `json:"ended,omitzero"`
	Voicemail bool   `json:"voicemail,omitzero"`
	Reason    string `json:"reason,omitzero"` // why it ended; the last in alphabetical order where several were told

	AnsweredAt int64 `json:"answered_at,omitzero"` // the first time
	EndedAt    int64 `json:"ended_at,omitzero"`    // the last time
}

// latest is what is taken from the notification with the highest sequence.
type latest struct {
	Sequence  int64    `json:"sequence"`
	Direction string   `json:"direction"`
	Extension string   `json:"extension,omitzero"`
	From      endpoint `json:"from,omitzero"`
	To        endpoint `json:"to,omitzero"`
}

// endpoint is one end of a line.
type endpoint struct {
	Phone     string `json:"phone,omitzero"`
	Name      string `json:"name,omitzero"`
	Extension string `json:"extension,omitzero"` // id of the extension: somebody of the account
	Number    string `json:"number,omitzero"`    // number of the extension
}

// maxParties bounds what is kept of a call.
const maxParties = 100

// merge joins what is known and what one more notification tells. It is commutative, associative and idempotent among
// notifications: extremes and sets only. Of the same notification, read once more, the last reading counts.
func merge(a, b session) session {
	out := session{Parties: map[string]party{}}
	maps.Copy(out.Parties, a.Parties)
	for id, theirs := range b.Parties {
		ours, known := out.Parties[id]
		if !known {
			out.Parties[id] = theirs
			continue
		}
		out.Parties[id] = party{
			Latest:     newer(ours.Latest, theirs.Latest),
			Answered:   ours.Answered || theirs.Answered,
			Ended:      ours.Ended || theirs.Ended,
			Voicemail:  ours.Voicemail || theirs.Voicemail,
			Reason:     max(ours.Reason, theirs.Reason),
			AnsweredAt: least(ours.AnsweredAt, theirs.AnsweredAt),
			EndedAt:    max(ours.EndedAt, theirs.EndedAt),
		}
	}
	for _, id := range slices.Sorted(maps.Keys(out.Parties))[min(len(out.Parties), maxParties):] {
		delete(out.Parties, id)
	}
	return out
}

func newer(known, told latest) latest {
	if known.Sequence > told.Sequence {
		return known
	}
	return told
}

func least(a, b int64) int64 {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}

// over tells whether every party that is known has hung up.
func (s session) over() bool {
	for _, p := range s.Parties {
		if !p.Ended {
			return false
		}
	}
	return len(s.Parties) > 0
}

// call sums up a session; ok is false if no prospect took part.
func (s session) call(in providers.Input, id string) (c dial.Call, ok bool) {
	var lead endpoint
	var main party
	for _, partyID := range slices.Sorted(maps.Keys(s.Parties)) { // RingCentral numbers the parties: the caller's own is the first
		p := s.Parties[partyID]
		other := p.Latest.From
		if p.Latest.Direction == events.Outbound {
			other = p.Latest.To
		}
		if other.Extension == "" && other != (endpoint{}) {
			lead, main, ok = other, p, true
			break
		}
	}
	if !ok {
		return dial.Call{}, false
	}
	c = dial.Call{ID: id, Direction: main.Latest.Direction, Outcome: events.CallNoAnswer}
	var answered, ended int64
	var reps []providers.Rep
	for _, partyID := range slices.Sorted(maps.Keys(s.Parties)) {
		p := s.Parties[partyID]
		ended = max(ended, p.EndedAt)
		switch {
		case p.Answered:
			c.Outcome = events.CallConversation
			answered = least(answered, p.AnsweredAt)
			reps = slices.Concat(p.reps(in.Region), reps)
		case p.Voicemail && c.Outcome != events.CallConversation:
			c.Outcome = events.CallVoicemail
		case strings.Contains(p.Reason, "Busy") && c.Outcome == events.CallNoAnswer:
			c.Outcome = events.CallBusy
		}
	}
	c.At = wire.Happened(in.Received, fromMillis(ended), fromMillis(answered))
	if c.Outcome == events.CallConversation {
		c.Seconds = wire.Seconds(fromMillis(answered), fromMillis(ended))
	}
	c.Contact = wire.Contact{Name: lead.Name, Phone: lead.Phone}.Read(in.Region)
	for _, rep := range slices.Concat(reps, main.reps(in.Region)) {
		if !slices.Contains(c.Reps, rep) {
			c.Reps = append(c.Reps, rep)
		}
	}
	return c, true
}

// stands tells whether a call of this would be taken.
func (s session) stands(in providers.Input, id string) bool {
	c, ok := s.call(in, id)
	return !ok || wire.Stand(c.Events(""))
}

// reps names the account's own end of a party's line.
func (p party) reps(region string) []providers.Rep {
	own := p.Latest.To
	if p.Latest.Direction == events.Outbound {
		own = p.Latest.From
	}
	return dial.Reps(
		dial.Rep(providers.RepUser, cmp.Or(p.Latest.Extension, own.Extension)),
		dial.Rep(providers.RepExtension, own.Number),
		dial.Rep(providers.RepPhone, wire.Phone(own.Phone, region)),
		dial.Rep(providers.RepName, own.Name),
	)
}

// fromMillis returns the zero time for 0.
func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
