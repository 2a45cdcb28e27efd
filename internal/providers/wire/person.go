package wire

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"

	"milemarker/events"
)

// Phone returns a telephone number in E.164. Region is the ISO 3166 code of the country in which numbers without a country
// code are read, "" for none. What cannot be read is "", and so is what a telephone network writes when a caller
// withholds the number: it is nobody's.
func Phone(text, region string) string {
	e164, _ := phone(text, region)
	return e164
}

// International returns a number that should have its country code but may lack the plus sign in front of it.
func International(digits, region string) string {
	digits = strings.TrimSpace(digits)
	if strings.HasPrefix(digits, "+") {
		return Phone(digits, region)
	}
	abroad, certain := phone("+"+digits, "")
	if at, fits := phone(digits, region); abroad == "" || fits && !certain {
		return at
	}
	return abroad
}

// phone tells also whether such a number is in use, as far as the tables of numbering plans say.
func phone(text, region string) (e164 string, valid bool) {
	text = strings.TrimSpace(text)
	if text == "" || len(text) > 50 || spelled(text) {
		return "", false
	}
	number, err := phonenumbers.Parse(text, region)
	if err != nil || !phonenumbers.IsPossibleNumber(number) {
		return "", false
	}
	e164 = phonenumbers.Format(number, phonenumbers.E164)
	switch e164 {
	case "+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253": // ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN, UNAVAILABLE
		return "", false
	}
	return e164, phonenumbers.IsValidNumber(number)
}

// spelled tells whether there are letters in a number, besides those of an extension. The library would dial them: then
// "anonymous" is somebody's number.
func spelled(text string) bool {
	text = strings.TrimPrefix(strings.ToLower(text), "tel:")
	for _, mark := range []string{"extension", "ext", ";ext=", "x"} {
		if number, extension, found := strings.Cut(text, mark); found && strings.Trim(extension, " .:0123456789") == "" {
			text = number
			break
		}
	}
	return strings.ContainsFunc(text, unicode.IsLetter)
}

// Email returns an e-mail address, "" for what is none.
func Email(text string) string {
	text = strings.TrimSpace(text)
	local, domain, found := strings.Cut(text, "@")
	if !found || local == "" || domain == "" || len(text) > 254 || strings.Contains(domain, "@") ||
		strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) || strings.ContainsRune(` <>,;"`, r) }) {
		return ""
	}
	return text
}

// Line returns text in one line of at most the given number of characters: runs of white space and of control characters
// become one space.
func Line(text string, most int) string {
	text = strings.ToValidUTF8(text, "")
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	return cut(text, most)
}

// Lengths of texts in events, in characters.
const (
	maxName  = 200
	maxLabel = 100 // source, campaign and product
	maxNote  = 4000
)

// Name joins the parts of a name.
func Name(parts ...string) string { return Line(strings.Join(parts, " "), maxName) }

// Label returns what may stand as source, campaign or product of an event. Those fields are not private: what holds an
// e-mail address or a telephone number is left out.
func Label(text string) string {
	text = Line(text, maxLabel)
	if strings.ContainsRune(text, '@') || len(strings.TrimLeft(text, "+(0123456789)- .")) == 0 && strings.HasPrefix(text, "+") {
		return ""
	}
	return text
}

// Note joins what is not empty, a line each.
func Note(lines ...string) string {
	kept := make([]string, 0, len(lines))
	for _, line := range lines {
		line = strings.Map(func(r rune) rune {
			if unicode.IsControl(r) && r != '\n' && r != '\t' {
				return -1
			}
			return r
		}, strings.ToValidUTF8(line, ""))
		if line = strings.TrimSpace(line); line != "" {
			kept = append(kept, line)
		}
	}
	return cut(strings.Join(kept, "\n"), maxNote)
}

// cut shortens text to a number of characters.
func cut(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return strings.TrimSpace(string([]rune(text)[:most]))
}

// Contact is what a provider knows of a person, as it wrote it.
type Contact struct {
	Name, Company, Title, Address string
	Phone, Email                  string
	ExternalID                    string // with the provider's name and a colon in front
	Note                          string
}

// Read returns the contact as an event holds it: a number or an address that cannot be read goes into the note. The person
// is nil if nothing is known of them.
func (c Contact) Read(region string) events.Contact {
	return c.with(Phone(c.Phone, region))
}

// ReadInternational is Read for a provider that leaves out the plus sign of numbers.
func (c Contact) ReadInternational(region string) events.Contact {
	return c.with(International(c.Phone, region))
}

func (c Contact) with(phone string) events.Contact {
	p := events.Person{
		Name:       Line(c.Name, maxName),
		Phone:      phone,
		Email:      Email(c.Email),
		ExternalID: Line(c.ExternalID, maxName),
		Company:    Line(c.Company, maxName),
		Title:      Line(c.Title, maxName),
		Address:    cut(Note(c.Address), 500),
	}
	unread := []string{c.Note}
	if c.Phone != "" && p.Phone == "" {
		unread = append(unread, "phone: "+c.Phone)
	}
	if c.Email != "" && p.Email == "" {
		unread = append(unread, "e-mail: "+c.Email)
	}
	out := events.Contact{Note: Note(unread...)}
	if p != (events.Person{}) {
		out.Person = &p
	}
	return out
}

// External returns the id of a person at a provider as an external id, such as "hubspot:123"; "" for none.
func External(provider, id string) string {
	if id = Line(id, maxName-1-len(provider)); id == "" {
		return ""
	}
	return provider + ":" + id
}
