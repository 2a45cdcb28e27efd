package events_test

import (
	"fmt"

	"milemarker/events"
)

func ExampleParseStructured() {
	draft, violations := events.ParseStructured([]byte(`{
		"specversion": "1.0", "id": "pay-7", "source": "/shop", "type": "payment.received",
		"data": {"payment": "7", "amount": 19.90, "currency": "EUR", "person": {"email": "ada@example.com"}}
	}`))
	public, private, _ := draft.Split()
	fmt.Println(len(violations), string(public), string(private))
	// Output: 0 {"amount":"19.9","currency":"EUR","payment":"7"} {"person":{"email":"ada@example.com"}}
}

func ExampleParseStructured_violations() {
	_, violations := events.ParseStructured([]byte(`{
		"specversion": "1.0", "id": "c-1", "source": "/dialer", "type": "call.completed",
		"data": {"direction": "outbound", "outcom": "busy"}
	}`))
	for _, v := range violations {
		fmt.Println(v.Pointer, v.Detail)
	}
	// Output:
	// /data/outcom is not known here; did you mean "outcome"?
	// /data/outcome is required: How the call ended.
}
