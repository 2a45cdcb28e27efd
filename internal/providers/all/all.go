// Package all lists the providers.
//
// It is the only place that knows them all: whoever runs providers is handed the list. It must never import anything but
// providers.
package all

import (
	"milemarker/internal/providers"
	"milemarker/internal/providers/acuity"
	"milemarker/internal/providers/aircall"
	"milemarker/internal/providers/calcom"
	"milemarker/internal/providers/calendly"
	"milemarker/internal/providers/callrail"
	"milemarker/internal/providers/chargebee"
	"milemarker/internal/providers/cloudevents"
	"milemarker/internal/providers/dialpad"
	"milemarker/internal/providers/docusign"
	"milemarker/internal/providers/facebook"
	"milemarker/internal/providers/googleforms"
	"milemarker/internal/providers/hubspot"
	"milemarker/internal/providers/jotform"
	"milemarker/internal/providers/justcall"
	"milemarker/internal/providers/pandadoc"
	"milemarker/internal/providers/paypal"
	"milemarker/internal/providers/phoneburner"
	"milemarker/internal/providers/plain"
	"milemarker/internal/providers/quo"
	"milemarker/internal/providers/ringcentral"
	"milemarker/internal/providers/shopify"
	"milemarker/internal/providers/standardwebhooks"
	"milemarker/internal/providers/stripe"
	"milemarker/internal/providers/tally"
	"milemarker/internal/providers/twilio"
	"milemarker/internal/providers/typeform"
	"milemarker/internal/providers/vonage"
)

// List returns every provider, in the order of their names.
func List() []providers.Provider {
	return []providers.Provider{
		acuity.New(),
		aircall.New(),
		calcom.New(),
		calendly.New(),
		callrail.New(),
		chargebee.New(),
		cloudevents.New(),
		dialpad.New(),
		docusign.New(),
		facebook.New(),
		googleforms.New(),
		hubspot.New(),
		jotform.New(),
		justcall.New(),
		pandadoc.New(),
		paypal.New(),
		phoneburner.New(),
		plain.New(),
		quo.New(),
		ringcentral.New(),
		shopify.New(),
		standardwebhooks.New(),
		stripe.New(),
		tally.New(),
		twilio.New(),
		typeform.New(),
		vonage.New(),
	}
}
