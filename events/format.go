package events

import (
	"regexp"
	"slices"
	"strings"
)

// format is a named shape of text.
type format struct {
	name    string
	pattern *regexp.Regexp
	words   string   // completes "must be "
	list    []string // where only these will do
}

// formatNamed returns a format by the name rules use. It panics on an unknown name: rules are part of the program.
func formatNamed(name string) *format {
	f := &format{name: name}
	switch name {
	case "currency":
		f.list = strings.Fields(currencies)
		f.pattern = regexp.MustCompile(`^[A-Z]{3}$`)
		f.words = "an ISO 4217 currency code such as \"EUR\""
	case "country":
		f.pattern = regexp.MustCompile(`^[A-Z]{2}(-[A-Z0-9]{1,3})?$`)
		f.words = "an ISO 3166 code such as \"CH\", or of a region such as \"US-CA\""
	case "zone":
		f.pattern = regexp.MustCompile(`^(UTC|[A-Za-z]+(/[A-Za-z0-9_+-]+){1,2})$`)
		f.words = "an IANA time zone such as \"Europe/Zurich\""
	case "email":
		f.pattern = regexp.MustCompile(`^[^@\s]+@[^@\s]+$`)
		f.words = "an e-mail address such as \"ada@example.com\""
	case "phone":
		f.pattern = regexp.MustCompile(`^\+[0-9 ().,/;x#*-]*[0-9][0-9 ().,/;x#*-]*$`)
		f.words = "a phone number with its country code, such as \"+41 44 668 18 00\""
	case "metric":
		f.pattern = regexp.MustCompile(`^[a-z][a-z0-9_.]{0,99}$`)
		f.words = "a metric's name such as \"calls\""
	case "prospect":
		f.pattern = regexp.MustCompile(`^p_[0-9a-v]{26}$`)
		f.words = "a prospect id, p_ and 26 of 0-9 and a-v"
	case "clock":
		f.pattern = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)
		f.words = "a time of day such as \"11:00\""
	case "rrule":
		f.pattern = regexp.MustCompile(`^FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;[A-Z]+=[A-Z0-9,+-]+)*$`)
		f.words = "an RFC 5545 rule such as \"FREQ=WEEKLY;BYDAY=MO,WE\""
	default:
		panic("events: no format " + name)
	}
	return f
}

// fits tells whether s has the format.
func (f *format) fits(s string) bool {
	if f.list == nil {
		return f.pattern.MatchString(s)
	}
	return slices.Contains(f.list, s)
}

// currencies are the codes of ISO 4217, with those withdrawn of late: history is imported too.
const currencies = `AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN
BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE CZK DJF DKK DOP DZD EEK EGP ERN ETB EUR FJD FKP GBP GEL GHS
GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP
LKR LRD LSL LTL LVL LYD MAD MDL MGA MKD MMK MNT MOP MRO MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB
PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STD STN SVC SYP SZL THB TJS
TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VEF VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
ZWL`
