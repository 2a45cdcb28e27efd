package api

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"milemarker/events"
	"milemarker/internal/access"
)

// opens tells whether the private fields of events are asked for, or refuses a key that may not see them.
func opens(a ask) (bool, error) {
	if a.query.choice("open", "false", "true") != "true" {
		return false, nil
	}
	if !a.caller.May(access.ScopePeople) {
		return false, forbidden(a.Context, access.ScopePeople)
	}
	return true, nil
}

// open adds the private fields to the views of events that have some, or says that they were erased.
func (s *server) open(a ask, views []eventView) error {
	for i := range views {
		v := &views[i]
		if !v.Sealed {
			continue
		}
		private, err := s.deps.Seals.Open(a.ctx(), v.Whole)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			v.Erased = true
		case err != nil:
			return err
		default:
			v.Private = private
		}
	}
	return nil
}

// openSteps is open for the steps of an event's history.
func (s *server) openSteps(a ask, steps []step) error {
	views := make([]eventView, len(steps))
	for i := range steps {
		views[i] = steps[i].Event
	}
	if err := s.open(a, views); err != nil {
		return err
	}
	for i := range steps {
		steps[i].Event = views[i]
	}
	return nil
}

// privately is what the private fields of events about people have in common.
type privately struct {
	Person events.Person `json:"person"`
	Note   string        `json:"note"`
}

// privately reads the private fields of a view; what is of another form is left out.
func (v eventView) privately() (p privately) {
	if v.Private != nil && json.Unmarshal(v.Private, &p) != nil {
		return privately{}
	}
	return p
}

// describe says who a person is, by the newest event that tells: the name and the like, and what each id stands for.
func (s *server) describe(a ask, v *personView, g group, views []eventView) error {
	for _, p := range g.ids {
		v.Identities = append(v.Identities, identityView{Prospect: p.Prospect, Apart: apartWord(p.Apart)})
	}
	known := map[string]bool{}
	for _, e := range views {
		p := e.privately().Person
		v.Name, v.Company = cmp.Or(v.Name, p.Name), cmp.Or(v.Company, p.Company)
		v.Title, v.Address = cmp.Or(v.Title, p.Title), cmp.Or(v.Address, p.Address)
		for kind, text := range map[string]string{"phone": p.Phone, "email": p.Email, "external_id": p.ExternalID} {
			if text == "" || known[kind+text] {
				continue
			}
			known[kind+text] = true
			id, err := s.deps.Seals.ProspectID(a.ctx(), a.caller.Org, kind, text)
			if err != nil {
				return fmt.Errorf("identity of %s: %w", e.ID, err)
			}
			for i := range v.Identities {
				if one := &v.Identities[i]; one.Prospect == id && one.Value == "" {
					one.Kind, one.Value = kind, text
				}
			}
		}
	}
	return nil
}

// openedHeader and openedCells are what a CSV file of events has besides when they are opened.
func openedHeader() []string {
	return []string{"name", "phone", "email", "external_id", "company", "note", "erased"}
}

func openedCells(v eventView) []cell {
	p := v.privately()
	return []cell{
		text(p.Person.Name), text(p.Person.Phone), text(p.Person.Email), text(p.Person.ExternalID), text(p.Person.Company),
		text(p.Note), value(v.Erased),
	}
}
