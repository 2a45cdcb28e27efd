package form

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/wire"
)

// Submission is a form as somebody sent it in.
type Submission struct {
	ID      string // the provider's, the same in every delivery of it
	At      time.Time
	Form    string // the form's title
	Answers []Answer
}

// Answer is one answered question.
type Answer struct {
	Names []string // what the question is called: its wording first, then names that programs know it by
	Kind  Kind     // "" if the provider does not tell
	Value string
}

// Kind is what an answer is.
type Kind string

// The kinds of answers.
const (
	Name      Kind = "name"
	FirstName Kind = "first_name"
	LastName  Kind = "last_name"
	Email     Kind = "email"
	Phone     Kind = "phone"
	Company   Kind = "company"
	Title     Kind = "title"
	Address   Kind = "address"
	Source    Kind = "source"
	Campaign  Kind = "campaign"
	Product   Kind = "product"
	Amount    Kind = "amount"
	Rep       Kind = "rep"
	Note      Kind = "note"
	Skip      Kind = "skip"
)

func kinds() []Kind {
	return []Kind{
		Name, FirstName, LastName, Email, Phone, Company, Title, Address, Source, Campaign, Product, Amount, Rep, Note, Skip,
	}
}

// maxAnswers bounds the answers that are looked at.
const maxAnswers = 200

// Settings are what the owner of a connection may choose. Name is the provider's: the lead source where none is told.
func Settings(name string) []providers.Setting {
	words := make([]string, len(kinds()))
	for i, k := range kinds() {
		words[i] = string(k)
	}
	return []providers.Setting{
		{Name: "fields", Help: "What questions ask for, where their wording does not tell: one a line or with semicolons between, the question, " +
			"an equals sign, and one of " + strings.Join(words, ", ") + ". Example: How many seats?=note; Which plan?=product"},
		{Name: "source", Help: "The lead source, where the form does not pass on utm_source.", Default: name},
		{Name: "currency", Help: "The ISO 4217 currency of the question that asks for an amount, such as USD."},
	}
}

// Event returns the lead that a submission is. Source is the lead source if neither form nor settings name one.
func (s Submission) Event(in providers.Input, source string) providers.Event {
	lead, reps := s.Lead(in, source)
	return providers.Event{
		Key: s.ID, Draft: wire.Draft(events.TypeLeadCaptured, wire.Happened(in.Received, s.At), lead), Reps: reps,
	}
}

// Lead is the payload of Event, and who is to work on the lead.
func (s Submission) Lead(in providers.Input, source string) (events.LeadCaptured, []providers.Rep) {
	fields := table(in.Settings["fields"])
	found := map[Kind]string{}
	var notes []string
	for _, a := range s.Answers[:min(len(s.Answers), maxAnswers)] {
		if strings.TrimSpace(a.Value) == "" {
			continue
		}
		kind := a.kind(fields)
		switch {
		case kind == Skip:
		case kind == Note || kind == "" || found[kind] != "":
			notes = append(notes, a.line())
		case kind == Email && wire.Email(a.Value) == "" || kind == Phone && wire.Phone(a.Value, in.Region) == "":
			notes = append(notes, a.line()) // a second question may ask for it too
		default:
			found[kind] = a.Value
		}
	}
	lead := events.LeadCaptured{
		Contact: wire.Contact{
			Name:    cmp.Or(found[Name], wire.Name(found[FirstName], found[LastName])),
			Company: found[Company], Title: found[Title], Address: found[Address],
			Phone: found[Phone], Email: found[Email], Note: strings.Join(notes, "\n"),
		}.Read(in.Region),
		Origin: events.Origin{Product: wire.Label(found[Product])},
	}
	lead.Source, lead.Campaign = wire.Label(found[Source]), wire.Label(found[Campaign])
	if lead.Source == "" {
		lead.Source = cmp.Or(wire.Label(in.Settings["source"]), source)
		lead.Campaign = cmp.Or(lead.Campaign, wire.Label(s.Form))
	}
	if found[Amount] != "" {
		amount, ok := wire.Money(found[Amount])
		price, ok := wire.Price(amount, ok, in.Settings["currency"])
		if lead.Price = price; !ok {
			lead.Note = wire.Note(lead.Note, "amount: "+found[Amount])
		}
	}
	return lead, Reps(found[Rep])
}

// line is an answer as it stands in a note.
func (a Answer) line() string {
	for _, name := range a.Names {
		if name != "" {
			return wire.Line(name, 200) + ": " + a.Value
		}
	}
	return a.Value
}

// kind tells what an answer is: as the owner says, as the provider says, or as the question's names sound.
func (a Answer) kind(fields map[string]Kind) Kind {
	for _, name := range a.Names {
		if kind := fields[fold(name)]; kind != "" {
			return kind
		}
	}
	if a.Kind != "" {
		return a.Kind
	}
	for _, name := range a.Names {
		if kind := sounds(name); kind != "" {
			return kind
		}
	}
	return ""
}

// Reps names who is to work on something, by what a form or a calendar calls them.
func Reps(name string) []providers.Rep {
	name = wire.Line(name, 100)
	switch {
	case name == "":
		return nil
	case wire.Email(name) != "":
		return []providers.Rep{{Kind: providers.RepEmail, Value: name}}
	}
	return []providers.Rep{{Kind: providers.RepUser, Value: name}, {Kind: providers.RepName, Value: name}}
}

// table reads the setting "fields". What it does not understand it passes over.
func table(text string) map[string]Kind {
	out := map[string]Kind{}
	for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == ';' }) {
		if i := strings.LastIndexByte(line, '='); i >= 0 {
			if kind := Kind(fold(line[i+1:])); slices.Contains(kinds(), kind) {
				out[fold(line[:i])] = kind
			}
		}
	}
	return out
}

// fold makes wordings comparable.
func fold(text string) string { return strings.ToLower(wire.Line(text, 200)) }
