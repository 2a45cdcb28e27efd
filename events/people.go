package events

import "fmt"

// The types of kind people.
const (
	TypeRepDeclared      = "rep.declared"
	TypeProspectUnlinked = "prospect.unlinked"
	TypeProspectShared   = "prospect.shared"
)

func peopleTypes() []definition {
	return []definition{
		define(TypeRepDeclared, "A rep said by what providers know them; takes the place of what the rep declared before.", declaresRep),
		define[ProspectUnlinked](TypeProspectUnlinked, "Prospect ids turned out to be of different persons; event.voided takes it back."),
		define[ProspectShared](TypeProspectShared, "An identity belongs to nobody alone, such as the phone of an office: it joins no persons; event.voided takes it back."),
	}
}

// RepDeclared is the payload of rep.declared. The event's rep is who declares; its time is from when on it holds.
type RepDeclared struct {
	Name       string       `json:"name,omitzero" rule:"private" doc:"The rep's name."`
	Identities []RepKnownAs `json:"identities,omitzero" rule:"private" doc:"By what providers know the rep; none: by nothing any more."`
}

// RepKnownAs is one name that a provider has for a rep.
type RepKnownAs struct {
	Kind     string `json:"kind" rule:"required,enum=email|user|extension|phone|name" doc:"What kind of name it is."`
	Value    string `json:"value" rule:"required" doc:"The name."`
	Provider string `json:"provider,omitzero" rule:"max=100" doc:"The provider whose name it is; absent: it means the same everywhere."`
}

func declaresRep(d Draft, r RepDeclared, report reporter) {
	if d.Rep == "" {
		report("", "must come in an event that names its rep")
	}
	seen := map[RepKnownAs]bool{}
	for i, id := range r.Identities {
		if seen[id] {
			report(fmt.Sprintf("identities/%d", i), "is given twice")
		}
		seen[id] = true
	}
}

// ProspectUnlinked is the payload of prospect.unlinked. It stands against what events say that name both: the first of
// the prospects is not the same person as any of the others. About the others among each other it says nothing.
type ProspectUnlinked struct {
	Prospects []string `json:"prospects" rule:"required,min=2,max=100,format=prospect" doc:"The prospect id that was taken for the wrong person, then those whom it was taken for."`
	Reason    string   `json:"reason,omitzero" doc:"How it was found out; no personal data."`
}

// ProspectShared is the payload of prospect.shared.
type ProspectShared struct {
	Prospect string `json:"prospect" rule:"required,format=prospect" doc:"The prospect id of the identity."`
	Reason   string `json:"reason,omitzero" doc:"What it is; no personal data."`
}
