package phoneburner_test

import (
	"flag"
	"testing"
	"time"

	"milemarker/internal/providers"
	"milemarker/internal/providers/phoneburner"
	"milemarker/internal/providers/providertest"
)

var update = flag.Bool("update", false, "write the golden files anew")

const fixture = "api_calldone.json"

func suite(tb testing.TB) providertest.Suite {
	tb.Helper()
	chicago, err := time.LoadLocation("America/Chicago")
	if err != nil {
		tb.Fatal(err)
	}
	own := map[string]string{"dispositions": "Set Appointment = conversation\nHung up = no_answer disqualified"}
	return providertest.Suite{
		Provider:  phoneburner.New(),
		Sign:      func(d *providers.Delivery, secret string, _ time.Time) { d.URL += "/" + secret },
		Uncovered: true,
		Deliveries: []providertest.Delivery{
			{Name: fixture, Zone: chicago},
			{Name: "api_calldone.own-table", File: fixture, Settings: own},
			{Name: "api_calldone.hung-up", File: fixture, Settings: own, Replace: []string{"Set Appointment", "hung  UP"}},
			{Name: "api_calldone.voicemail", File: fixture, Replace: []string{"Set Appointment", "Left Message", `"connected": "1"`, `"connected": "0"`, `"duration": "230"`, `"duration": 31`}},
			{Name: "api_calldone.no-answer", File: fixture, Replace: []string{"Set Appointment", "Called, nobody there", `"connected": "1"`, `"connected": 0`}},
			{Name: "api_calldone.not-interested", File: fixture, Replace: []string{"Set Appointment", "Not Interested", `"external_id": "lead_0001"`, `"external_id": ""`}},
			{Name: "api_calldone.wrapped", Body: `{"body":{"ds_id":1,"call_id":9007199254740993,"status":"Busy","connected":0,"start_time":"2026-09-14 10:01:00"}}`},
			{Name: "api_calldone.quoted", Body: `{"body":"{\"ds_id\":1,\"call_id\":2,\"status\":\"Bad Number\"}"}`},
		},
		Unknown: providertest.Delivery{Name: "unknown", Body: `{"ds_id":"1","call_id":"2","contact":{"phone":"2025550143"}}`},
		Threads: [][]string{{"api_calldone.no-answer", "api_calldone.voicemail", "api_calldone.not-interested"}},
		Mends:   true,
		Update:  *update,
	}
}

func TestConformance(t *testing.T) { providertest.Run(t, suite(t)) }

func FuzzDelivery(f *testing.F) { providertest.Fuzz(f, suite(f)) }
