package api

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/projections"
)

var prospectID = regexp.MustCompile(`^p_[0-9a-v]{26}$`)

// maxJoined is how many ids a link may make one person: more than that is taken for a mistake.
const maxJoined = 50

// changePerson answers POST /v1/people/{id}:erase, :link, :unlink, :share and :unshare.
func (s *server) changePerson(c echo.Context, caller access.Caller) error {
	id, verb, _ := cutLast(pathID(c), ":")
	change := map[string]func(ask, group, string, changeBody) error{
		"erase": s.erasePerson, "link": s.linkPerson, "unlink": s.unlinkPerson, "share": s.sharePerson, "unshare": s.unsharePerson,
	}[verb]
	if change == nil {
		return echo.ErrNotFound
	}
	if verb == "erase" && !caller.May(access.ScopeAdmin) {
		return forbidden(c, access.ScopeAdmin)
	}
	body, err := readChange(c)
	if err != nil {
		return err
	}
	a, err := s.askPlainly(c, caller)
	if err != nil {
		return err
	}
	if !prospectID.MatchString(id) {
		return nobodyKnown(a, id)
	}
	g, err := s.group(a, id)
	if err != nil {
		return err
	}
	if _, erased := g.erased[id]; erased && verb != "erase" {
		return failed(http.StatusConflict, "This person was erased.", "Look for who has the identity now at GET /v1/people.")
	}
	if verb == "erase" || verb == "link" {
		if known, err := s.known(a, g, id); err != nil {
			return err
		} else if !known {
			return nobodyKnown(a, id)
		}
	}
	return change(a, g, id, body)
}

func nobodyKnown(a ask, id string) error {
	return failed(http.StatusNotFound, fmt.Sprintf("Nobody is known as %.200q up to position %d. Nothing was written.", id, a.position),
		"Look for a person by phone, email or external_id at GET /v1/people; for what was just recorded, pass min_position.")
}

// known says whether any event, be it voided, named an id.
func (s *server) known(a ask, g group, id string) (bool, error) {
	if _, erased := g.erased[id]; erased || len(g.ids) > 1 || g.ids[0].Apart != projections.ApartNot {
		return true, nil
	}
	rows, err := s.deps.Warehouse.Events(a.ctx(), projections.EventQuery{
		Org: a.caller.Org, Prospects: []string{id}, Voided: true, Limit: 1,
	})
	if err != nil || len(rows) > 0 {
		return len(rows) > 0, err
	}
	links, err := s.deps.People.Links(a.ctx(), projections.LinkQuery{Org: a.caller.Org, Prospects: []string{id}, Limit: 1})
	return len(links) > 0, err
}

// cutLast cuts a text at the last separator.
func cutLast(text, separator string) (before, after string, found bool) {
	if i := strings.LastIndex(text, separator); i >= 0 {
		return text[:i], text[i+len(separator):], true
	}
	return text, "", false
}

// changeBody is what a change of a person says: why, and who else is meant.
type changeBody struct {
	Reason     string `json:"reason"`
	Prospect   string `json:"prospect"`
	Phone      string `json:"phone"`
	Email      string `json:"email"`
	ExternalID string `json:"external_id"`
}

// pointer tells where a body names the other identity.
func (b changeBody) pointer() string {
	switch {
	case b.Prospect != "":
		return "/prospect"
	case b.Phone != "":
		return "/phone"
	case b.Email != "":
		return "/email"
	}
	return "/external_id"
}

func readChange(c echo.Context) (changeBody, error) {
	body, fields, err := readObject(c)
	if err != nil {
		return changeBody{}, err
	}
	names := []string{"reason", "prospect", "phone", "email", "external_id"}
	var faults []fault
	for name := range fields {
		if !slices.Contains(names, name) {
			faults = append(faults, at("/"+name, "is not known; there are: "+strings.Join(names, ", ")))
		}
	}
	var b changeBody
	if err := json.Unmarshal(body, &b); err != nil {
		faults = append(faults, at("", "want texts only"))
	}
	if len(faults) > 0 {
		return b, badBody(faults)
	}
	return b, nil
}

// other returns the id that a body names, whatever way.
func (s *server) other(a ask, b changeBody) (string, error) {
	ids := []string{}
	if b.Prospect != "" {
		if !prospectID.MatchString(b.Prospect) {
			return "", badBody([]fault{at("/prospect", "must be a prospect id as GET /v1/people gives it: p_ and 26 of 0-9 and a-v")})
		}
		ids = append(ids, b.Prospect)
	}
	for kind, text := range map[string]string{"phone": b.Phone, "email": b.Email, "external_id": b.ExternalID} {
		if text == "" {
			continue
		}
		id, err := s.deps.Seals.ProspectID(a.ctx(), a.caller.Org, kind, text)
		if errors.Is(err, fs.ErrInvalid) {
			return "", badBody([]fault{at("/"+kind, err.Error())})
		} else if err != nil {
			return "", err
		}
		ids = append(ids, id)
	}
	if len(ids) != 1 {
		return "", badBody([]fault{at("", "must name one other identity: prospect, phone, email or external_id")})
	}
	return ids[0], nil
}

// erasePerson destroys what is known of a person under all ids, in one event: all of it or nothing. The id of the event
// follows from these ids, so the same call again completes what was cut short, and changes nothing else.
func (s *server) erasePerson(a ask, g group, id string, b changeBody) error {
	ids := g.prospects()
	if event, erased := g.erased[id]; erased {
		return a.JSON(http.StatusOK, map[string]any{"outcome": events.Duplicate, "event": event, "erased": []string{id}})
	}
	data, err := json.Marshal(map[string]any{"prospects": ids, "reason": cmp.Or(b.Reason, "request")})
	if err != nil {
		return err
	}
	return s.tellOfPerson(a, events.Draft{
		ID: "prospect.erased/" + hashOf(strings.Join(ids, " ")), Type: events.TypeProspectErased, Subject: g.lead, Data: data,
	}, "erased", ids)
}

// linkPerson says that somebody else is the same person. What said the opposite is taken back along with it.
func (s *server) linkPerson(a ask, g group, id string, b changeBody) error {
	with, err := s.other(a, b)
	if err != nil {
		return err
	}
	if with == id {
		return badBody([]fault{at(b.pointer(), "must be another identity: this is the one that it is to be linked with")})
	}
	o, err := s.group(a, with)
	if err != nil {
		return err
	}
	if _, erased := o.erased[with]; erased {
		return failed(http.StatusConflict, "The other one was erased.", "Look for who has the identity now at GET /v1/people.")
	}
	if known, err := s.known(a, o, with); err != nil {
		return err
	} else if !known {
		return badBody([]fault{at(b.pointer(), "was never seen: no event names it; record one that does, or look for who is meant at GET /v1/people")})
	}
	for _, p := range slices.Concat(g.ids, o.ids) {
		if (p.Prospect == id || p.Prospect == with) && p.Apart != projections.ApartNot {
			return failed(http.StatusConflict, fmt.Sprintf("%s is %s and joins nobody.", p.Prospect, apartWord(p.Apart)),
				"Link other identities of the two persons, or take back that it is shared.")
		}
	}
	if n := len(g.ids) + len(o.ids); n > maxJoined {
		return failed(http.StatusConflict, fmt.Sprintf("Together they would have %d identities, more than %d: as a rule that is a mistake.", n, maxJoined),
			"Look at the links of both at GET /v1/people/{id}, and take back those that are wrong.")
	}
	parted, err := s.deps.People.Links(a.ctx(), projections.LinkQuery{
		Org: a.caller.Org, Prospects: g.prospects(), Kinds: []projections.LinkKind{projections.LinkParted}, Limit: maxLinks,
	})
	if err != nil {
		return err
	}
	var drafts []events.Draft
	seen := map[string]bool{}
	others := o.prospects()
	for _, l := range parted {
		if (slices.Contains(others, l.A) || slices.Contains(others, l.B)) && !seen[l.Event] {
			seen[l.Event] = true
			drafts = append(drafts, voidOf(l.Event, "linked again", a.caller))
		}
	}
	ids := []string{id, with}
	draft := events.Draft{Type: events.TypeProspectLinked, Data: prospectsOf(ids, b.Reason)}
	draft.ID = draft.Type + "/" + hashOf(strconv.FormatUint(uint64(a.position), 10), strings.Join(ids, " "))
	return s.tellOfPerson(a, draft, "linked", ids, drafts...)
}

// unlinkPerson says that one id of a person is somebody else.
func (s *server) unlinkPerson(a ask, g group, _ string, b changeBody) error {
	apart, err := s.other(a, b)
	if err != nil {
		return err
	}
	others := slices.DeleteFunc(g.prospects(), func(p string) bool { return p == apart })
	if len(others) == len(g.ids) || len(others) == 0 {
		return failed(http.StatusConflict, "That is not one of several identities of this person.", "See GET /v1/people/{id} for which there are.")
	}
	ids := append([]string{apart}, others...)
	draft := events.Draft{Type: events.TypeProspectUnlinked, Data: prospectsOf(ids, b.Reason)}
	draft.ID = draft.Type + "/" + hashOf(strconv.FormatUint(uint64(a.position), 10), strings.Join(ids, " "))
	return s.tellOfPerson(a, draft, "unlinked", ids)
}

// sharePerson says that an identity belongs to nobody alone.
func (s *server) sharePerson(a ask, _ group, id string, b changeBody) error {
	data := object(map[string]string{"prospect": id, "reason": b.Reason})
	return s.tellOfPerson(a, events.Draft{
		ID: "prospect.shared/" + hashOf(strconv.FormatUint(uint64(a.position), 10), id), Type: events.TypeProspectShared, Data: data,
	}, "shared", []string{id})
}

// unsharePerson takes back that an identity is shared.
func (s *server) unsharePerson(a ask, _ group, id string, _ changeBody) error {
	said, err := s.deps.People.Links(a.ctx(), projections.LinkQuery{
		Org: a.caller.Org, Prospects: []string{id}, Kinds: []projections.LinkKind{projections.LinkShared}, Limit: maxLinks,
	})
	if err != nil {
		return err
	}
	if len(said) == 0 {
		return failed(http.StatusConflict, "Nobody said that this identity is shared.", "")
	}
	drafts := make([]events.Draft, len(said))
	for i, l := range said {
		drafts[i] = voidOf(l.Event, "not shared", a.caller)
	}
	return s.tellOfPerson(a, drafts[0], "unshared", []string{id}, drafts[1:]...)
}

// tellOfPerson records what was said of a person, with what must be recorded along with it, and answers.
func (s *server) tellOfPerson(a ask, d events.Draft, what string, ids []string, along ...events.Draft) error {
	d.Source, d.RecordedBy = told, a.caller.KeyID
	var receipts []events.Receipt
	var err error
	if len(along) == 0 {
		receipts, err = s.deps.Recorder.Record(a.ctx(), a.caller.Org, []events.Draft{d})
	} else {
		receipts, err = s.deps.Recorder.RecordTogether(a.ctx(), a.caller.Org, append([]events.Draft{d}, along...))
	}
	if err != nil {
		return err
	}
	switch first := receipts[0]; first.Outcome {
	case events.Rejected:
		return badBody(violations(first.Violations))
	case events.Conflict:
		return failed(http.StatusConflict, "Something else was said of this person at the same time. Nothing was written.", "Ask again.")
	default:
		var position events.Position
		for _, r := range receipts {
			position = max(position, r.Position)
		}
		a.Response().Header().Set(positionHeader, strconv.FormatUint(uint64(position), 10))
		return a.JSON(http.StatusOK, map[string]any{"outcome": first.Outcome, "event": first.ID, "position": position, what: ids})
	}
}

func prospectsOf(ids []string, reason string) json.RawMessage {
	data, err := json.Marshal(events.ProspectLinked{Prospects: ids, Reason: reason}) // prospect.unlinked has the same fields
	if err != nil {
		panic(err) // texts always marshal
	}
	return data
}

// hashOf makes the last part of an id from what must give the same id again.
func hashOf(texts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(texts, "\n")))
	return hex.EncodeToString(sum[:12])
}
