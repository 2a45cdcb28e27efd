package events

// The types of kind proposal.
const (
	TypeProposalSent     = "proposal.sent"
	TypeProposalViewed   = "proposal.viewed"
	TypeProposalAccepted = "proposal.accepted"
	TypeProposalDeclined = "proposal.declined"
)

func proposalTypes() []definition {
	return []definition{
		define[ProposalSent](TypeProposalSent, "A proposal went out."),
		define[ProposalViewed](TypeProposalViewed, "The prospect opened a proposal."),
		define[ProposalAccepted](TypeProposalAccepted, "The prospect accepted a proposal; the sale itself is signup.completed."),
		define[ProposalDeclined](TypeProposalDeclined, "The prospect declined a proposal."),
	}
}

// ProposalRef identifies a proposal in all its events.
type ProposalRef struct {
	Proposal string `json:"proposal" rule:"required" doc:"The proposal's id, the same in all its events."`
}

// ProposalSent is the payload of proposal.sent.
type ProposalSent struct {
	Contact
	Origin
	ProposalRef
	Price
	Recurring
	ValidUntil Date `json:"valid_until,omitzero" doc:"Last day on which the proposal can be accepted."`
}

// ProposalViewed is the payload of proposal.viewed.
type ProposalViewed struct {
	Contact
	Origin
	ProposalRef
	Seconds int64 `json:"seconds,omitzero" rule:"min=0,max=86400" doc:"How long it was open, in seconds."`
}

// ProposalAccepted is the payload of proposal.accepted.
type ProposalAccepted struct {
	Contact
	Origin
	ProposalRef
	Price
	Recurring
}

// ProposalDeclined is the payload of proposal.declined.
type ProposalDeclined struct {
	Contact
	Origin
	ProposalRef
	Price
	Reason string `json:"reason,omitzero" doc:"Why; no personal data."`
}
