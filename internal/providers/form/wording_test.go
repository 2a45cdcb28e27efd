package form_test

import (
	"testing"

	"milemarker/internal/providers/form"
)

func TestAsks(t *testing.T) {
	for question, want := range map[string]form.Kind{
		"What is your full name?": form.Name, "Your name": form.Name, "fullName": form.Name, "your_name": form.Name,
		"First name": form.FirstName, "Last Name": form.LastName, "Nachname": form.LastName, "prénom": form.FirstName,
		"Company name": form.Company, "Name of your company": form.Company, "company_name": form.Company, "Firma": form.Company,
		"Company size": "", "Company website": "", "Domain name": "", "Product name": "", "Username": "",
		"Work email": form.Email, "E-mail": form.Email, "email address": form.Email, "Ihre E-Mail": form.Email,
		"Phone number": form.Phone, "contactNumber": form.Phone, "Mobile": form.Phone, "Number of seats": "",
		"Job title": form.Title, "Role": form.Title, "Address": form.Address, "IP address": "",
		"utm_source": form.Source, "source": form.Source, "Lead Source": form.Source, "utm_campaign": form.Campaign, "utm_medium": "",
		"lead_owner": form.Rep, "Assigned to": form.Rep,
		"How many seats?": "", "I agree to be contacted": "", "": "", "!!!": "",
		"Would you please tell us by which name and e-mail we may call you?": "",
	} {
		if got := form.Asks(question); got != want {
			t.Errorf("%q asks for %q, want %q", question, got, want)
		}
	}
}
