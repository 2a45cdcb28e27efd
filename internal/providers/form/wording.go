package form

import (
	"slices"
	"strings"
	"unicode"
)

// sounds tells by a question's wording what it asks for; "" if that cannot be told. It knows English, and the words of a
// few other languages for what identifies a person.
func sounds(question string) Kind {
	words := split(question)
	has := func(one ...string) bool {
		return slices.ContainsFunc(one, func(w string) bool { return slices.Contains(words, w) })
	}
	if len(words) == 0 || len(words) > 8 {
		return "" // a whole sentence asks for more than a name
	}
	company := has("company", "organisation", "organization", "organización", "firma", "business", "employer", "entreprise", "empresa", "unternehmen")
	switch {
	case has("utm") && has("source"), has("lead") && has("source"), len(words) == 1 && words[0] == "source":
		return Source
	case has("utm") && has("campaign"), len(words) == 1 && words[0] == "campaign":
		return Campaign
	case has("owner", "rep", "representative", "salesperson"), has("assigned") && has("to"):
		return Rep
	case has("email", "mail", "emailaddress", "courriel", "correo"):
		return Email
	case has("phone", "telephone", "mobile", "cell", "cellphone", "phonenumber", "tel", "telefon", "téléphone", "teléfono", "handy", "whatsapp"),
		has("number") && has("contact", "call"):
		return Phone
	case company && !has("size", "type", "industry", "website", "address", "url", "many", "employees"):
		return Company
	case has("name", "nombre", "nom", "vorname", "nachname", "fullname", "firstname", "lastname", "surname", "prénom", "apellido"):
		return named(words, has)
	case has("job", "position") && has("title"), len(words) <= 2 && words[0] == "job", len(words) == 1 && has("title", "role"):
		return Title
	case has("address", "adresse", "dirección") && !has("ip", "web", "website"):
		return Address
	}
	return ""
}

// named tells one kind of name from another.
func named(words []string, has func(...string) bool) Kind {
	switch {
	case has("first", "given", "firstname", "vorname", "prénom"):
		return FirstName
	case has("last", "family", "lastname", "surname", "nachname", "apellido"):
		return LastName
	case has("domain", "file", "pet", "product", "project", "user", "username", "nick", "nickname", "event", "event's", "child", "child's"):
		return ""
	case len(words) > 5:
		return ""
	}
	return Name
}

// split cuts a wording into words: at spaces, signs, and where a small letter meets a capital one.
func split(text string) []string {
	var words []string
	var word strings.Builder
	end := func() {
		if word.Len() > 0 {
			words = append(words, strings.ToLower(word.String()))
			word.Reset()
		}
	}
	small := false
	for _, r := range text {
		switch {
		case r == '-' && strings.EqualFold(word.String(), "e"): // e-mail
			continue
		case !unicode.IsLetter(r) && r != '\'':
			end()
			small = false
			continue
		case unicode.IsUpper(r) && small:
			end()
		}
		small = unicode.IsLower(r)
		word.WriteRune(r)
		if len(words) > 20 {
			return words
		}
	}
	end()
	return words
}

// Asks tells by a question's wording what it asks for, "" if that cannot be told.
func Asks(question string) Kind { return sounds(question) }
