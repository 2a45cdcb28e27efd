package events

import (
	"slices"
	"strings"
)

// Currency tells whether a text is a code of ISO 4217, as of now or withdrawn of late.
func Currency(code string) bool { return slices.Contains(strings.Fields(currencies), code) }

// Outcomes returns what Fact.Outcome may be: the outcomes of calls, the roles of sign-ups, the categories of time.
func Outcomes() []string {
	return []string{
		CallConversation, CallVoicemail, CallNoAnswer, CallBusy, CallFailed, RoleCustomer, RoleRecruit,
		IncomeProducing, LeadGenerating, Support, Admin,
	}
}
