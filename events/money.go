package events

// The types of kind money.
const (
	TypePaymentReceived = "payment.received"
	TypePaymentRefunded = "payment.refunded"
	TypeCostIncurred    = "cost.incurred"
)

func moneyTypes() []definition {
	return []definition{
		define[PaymentReceived](TypePaymentReceived, "Money came in."),
		define[PaymentRefunded](TypePaymentRefunded, "Money that had come in went back."),
		define[CostIncurred](TypeCostIncurred, "Money went out: advertising, tools, travel."),
	}
}

// Paid is an amount that must be there.
type Paid struct {
	Amount   Decimal `json:"amount" rule:"required,min=0.0001,with=currency" doc:"Amount of money, above 0."`
	Currency string  `json:"currency" rule:"required,format=currency" doc:"ISO 4217 currency of the amount."`
}

// PaymentReceived is the payload of payment.received.
type PaymentReceived struct {
	Contact
	Origin
	Paid
	Payment string `json:"payment" rule:"required" doc:"The payment's id, the same in a refund."`
	Signup  string `json:"signup,omitzero" doc:"The sign-up that is paid for."`
}

// PaymentRefunded is the payload of payment.refunded.
type PaymentRefunded struct {
	Contact
	Origin
	Paid
	Payment string `json:"payment" rule:"required" doc:"The id of the payment that is refunded."`
	Signup  string `json:"signup,omitzero" doc:"The sign-up that had been paid for."`
	Reason  string `json:"reason,omitzero" doc:"Why; no personal data."`
}

// CostIncurred is the payload of cost.incurred.
type CostIncurred struct {
	Origin
	Paid
	Reason string `json:"reason,omitzero" doc:"What for; no personal data."`
	Note   string `json:"note,omitzero" rule:"private,multiline" doc:"Free text."`
}
