package events

// The types of kind call.
const (
	TypeCallCompleted = "call.completed"
)

// The directions of a call.
const (
	Outbound = "outbound"
	Inbound  = "inbound"
)

// The outcomes of a call.
const (
	CallConversation = "conversation"
	CallVoicemail    = "voicemail"
	CallNoAnswer     = "no_answer"
	CallBusy         = "busy"
	CallFailed       = "failed"
)

func callTypes() []definition {
	return []definition{
		define[CallCompleted](TypeCallCompleted, "A call ended, whether somebody answered or not."),
	}
}

// CallCompleted is the payload of call.completed.
type CallCompleted struct {
	Contact
	Origin
	Direction string `json:"direction" rule:"required,enum=outbound|inbound" doc:"Who called: outbound is the rep, inbound the prospect."`
	Outcome   string `json:"outcome" rule:"required,enum=conversation|voicemail|no_answer|busy|failed" doc:"How the call ended."`
	Seconds   int64  `json:"seconds,omitzero" rule:"min=0,max=86400" doc:"Length of the call in seconds."`
}
