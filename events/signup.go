package events

// The types of kind signup.
const (
	TypeSignupCompleted = "signup.completed"
	TypeSignupCancelled = "signup.cancelled"
)

// The roles in which somebody signs up.
const (
	RoleCustomer = "customer"
	RoleRecruit  = "recruit"
)

func signupTypes() []definition {
	return []definition{
		define(TypeSignupCompleted, "A sale was closed: somebody signed up as a customer or joined the team.", upsellWasOffered),
		define[SignupCancelled](TypeSignupCancelled, "Somebody who had signed up left again."),
	}
}

// SignupRef identifies a sign-up in all its events.
type SignupRef struct {
	Signup string `json:"signup" rule:"required" doc:"The sign-up's id, the same in all its events."`
}

// SignupCompleted is the payload of signup.completed.
type SignupCompleted struct {
	Contact
	Origin
	SignupRef
	Price
	Recurring
	Role          string `json:"role" rule:"required,enum=customer|recruit" doc:"What they signed up as."`
	UpsellOffered bool   `json:"upsell_offered,omitzero" doc:"More was offered beside the product."`
	UpsellTaken   bool   `json:"upsell_taken,omitzero" doc:"The offer of more was taken."`
}

// upsellWasOffered keeps the take rate, taken per offered, within 1.
func upsellWasOffered(_ Draft, s SignupCompleted, report reporter) {
	if s.UpsellTaken && !s.UpsellOffered {
		report("upsell_offered", "must be true when upsell_taken is")
	}
}

// SignupCancelled is the payload of signup.cancelled.
type SignupCancelled struct {
	Contact
	Origin
	SignupRef
	Price
	Recurring
	EffectiveOn Date   `json:"effective_on,omitzero" doc:"First day without the sign-up, if not that of the event."`
	Reason      string `json:"reason,omitzero" doc:"Why; no personal data."`
}
