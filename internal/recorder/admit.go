package recorder

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"time"

	"milemarker/events"
)

// candidate is an event that may go into the ledger once its private fields are sealed.
type candidate struct {
	index   int // of its draft
	event   events.Event
	private json.RawMessage // nil when there is nothing to seal
}

// The kinds of identity, as the vault knows them.
const (
	kindPhone    = "phone"
	kindEmail    = "email"
	kindExternal = "external_id"
)

var prospectID = regexp.MustCompile(`^p_[0-9a-v]{26}$`)

// admit checks a draft and makes an event of it, unsealed. It returns violations, or a candidate, or an error when the
// vault cannot answer.
func (r *Recorder) admit(ctx context.Context, org string, d events.Draft) (candidate, []events.Violation, error) {
	d, violations := d.Check()
	if d.Org != "" && d.Org != org {
		violations = append(violations, events.Violation{
			Pointer: "/org", Detail: "must be left out, or be the org that the caller's key belongs to",
		})
	}
	if len(violations) > 0 {
		return candidate{}, violations, nil
	}
	recorded := r.now().UTC().Truncate(time.Microsecond)
	if violations = d.CheckWorld(recorded, zoneExists); len(violations) > 0 {
		return candidate{}, violations, nil
	}
	public, private, person := d.Split()
	ids, violations, err := r.identify(ctx, org, d, person)
	if err != nil || len(violations) > 0 {
		return candidate{}, violations, err
	}
	digest, err := r.vault.Digest(ctx, org, d.Canonical())
	if err != nil {
		return candidate{}, nil, err
	}
	e := events.Event{
		ID: d.ID, Source: d.Source, Type: d.Type, Org: org, Rep: d.Rep, Team: d.Team,
		Time: d.Time, RecordedAt: recorded,
		DataVersion: events.Version(d.Type), Data: public, Digest: digest,
		RecordedBy: d.RecordedBy, Amends: d.Amends,
	}
	if len(ids) > 0 {
		e.Prospect, e.Aliases = ids[0], ids[1:]
	}
	if d.Time.IsZero() {
		e.Time, e.TimeInferred = recorded, true
		if received := d.Received.UTC().Truncate(time.Microsecond); !d.Received.IsZero() && received.Before(recorded) {
			e.Time = received
		}
	}
	if e.Type == events.TypeProspectErased {
		private = nil // who asks to be forgotten is not written down once more
	}
	return candidate{event: e, private: private}, nil, nil
}

// identify returns the ids of the person that a draft is about, the leading one first: a prospect id given as subject,
// else phone, e-mail address, external id, else any other subject.
func (r *Recorder) identify(
	ctx context.Context, org string, d events.Draft, person events.Person,
) (ids []string, violations []events.Violation, err error) {
	subject := d.Subject
	identities := []struct{ pointer, kind, text string }{
		{"/data/person/phone", kindPhone, person.Phone},
		{"/data/person/email", kindEmail, person.Email},
		{"/data/person/external_id", kindExternal, person.ExternalID},
	}
	switch {
	case prospectID.MatchString(subject) && d.Type == events.TypeProspectErased:
		ids = append(ids, subject) // this one, and not whoever came after it
	case prospectID.MatchString(subject):
		id, err := r.vault.Current(ctx, org, subject)
		if err != nil {
			return nil, nil, err
		}
		ids = append(ids, id)
	case subject != "":
		identities = append(identities, struct{ pointer, kind, text string }{"/subject", kindOf(subject), subject})
	}
	for _, i := range identities {
		if i.text == "" {
			continue
		}
		id, err := r.vault.ProspectID(ctx, org, i.kind, i.text)
		switch {
		case errors.Is(err, fs.ErrInvalid):
			violations = append(violations, events.Violation{Pointer: i.pointer, Detail: err.Error()})
		case err != nil:
			return nil, nil, err
		case !slices.Contains(ids, id):
			ids = append(ids, id)
		}
	}
	return ids, violations, nil
}

// kindOf tells what kind of identity a subject is: a phone number starts with +, an e-mail address has an @ inside,
// anything else is somebody's external id.
func kindOf(subject string) string {
	at := strings.IndexByte(subject, '@')
	switch {
	case strings.HasPrefix(subject, "+"):
		return kindPhone
	case at > 0 && at == strings.LastIndexByte(subject, '@') && at < len(subject)-1 && !strings.ContainsAny(subject, " <>,;"):
		return kindEmail
	}
	return kindExternal
}

// zoneExists tells whether an IANA zone is known here.
func zoneExists(name string) bool {
	if name == "" || name == "Local" {
		return false
	}
	_, err := time.LoadLocation(name)
	return err == nil
}
