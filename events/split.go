package events

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Split parts the payload of a checked draft into what the ledger may show and what it must seal. Both are canonical JSON
// objects; private is nil when there is nothing to seal. Defaults are written into public. Objects and lists that hold
// both kinds of field appear in both, element by element, so that Merge can join them again. Whatever this vocabulary
// does not know is taken for private.
func (d Draft) Split() (public, private json.RawMessage, person Person) {
	payload := &shape{}
	if def := known().byType[d.Type]; def != nil {
		payload = def.payload
	}
	public, private = payload.split(d.Data)
	if len(private) == len("{}") {
		private = nil
	}
	return public, private, d.person()
}

// person reads data.person, which Check has found to be of the right form.
func (d Draft) person() (p Person) {
	_, _ = eachMember(d.Data, 0, maxDepth, func(key, value []byte) {
		if string(key) == "person" && value[0] == '{' {
			_, _ = eachMember(value, 0, maxDepth, p.set)
		}
	})
	return p
}

// set takes one member of a person.
func (p *Person) set(key, value []byte) {
	if value[0] != '"' {
		return
	}
	switch s := unquote(value); string(key) {
	case "name":
		p.Name = s
	case "phone":
		p.Phone = s
	case "email":
		p.Email = s
	case "external_id":
		p.ExternalID = s
	case "company":
		p.Company = s
	case "address":
		p.Address = s
	case "title":
		p.Title = s
	}
}

// split parts a canonical object.
func (s *shape) split(v []byte) (public, private []byte) {
	public = append(make([]byte, 0, len(v)+64), '{')
	private = []byte{'{'}
	next := 0 // the first field that has not been passed yet: both lists are in the order of names
	_, _ = eachMember(v, 0, maxDepth, func(key, value []byte) {
		i, ok := s.index[string(key)]
		if !ok {
			private = appendMember(private, string(key), value)
			return
		}
		for ; next < i; next++ {
			public = s.fields[next].appendDefault(public)
		}
		next = i + 1
		f := &s.fields[i]
		if f.private {
			private = appendMember(private, f.name, value)
			return
		}
		shown, hidden := f.split(value)
		public = appendMember(public, f.name, shown)
		if hidden != nil {
			private = appendMember(private, f.name, hidden)
		}
	})
	for ; next < len(s.fields); next++ {
		public = s.fields[next].appendDefault(public)
	}
	return append(public, '}'), append(private, '}')
}

// split parts a canonical value of a field that is not itself private; hidden is nil when all may be shown.
func (f *field) split(v []byte) (shown, hidden []byte) {
	switch {
	case f.form == formObject:
		shown, hidden = f.shape.split(v)
		if len(hidden) == len("{}") {
			hidden = nil
		}
		return shown, hidden
	case f.form == formList && f.elem.form == formObject:
		shown, hidden = []byte{'['}, []byte{'['}
		some := false
		_, _ = eachElement(v, 0, maxDepth, func(value []byte) {
			if len(shown) > 1 {
				shown, hidden = append(shown, ','), append(hidden, ',')
			}
			public, private := f.elem.shape.split(value)
			shown, hidden = append(shown, public...), append(hidden, private...)
			some = some || len(private) > len("{}")
		})
		if !some {
			return append(shown, ']'), nil
		}
		return append(shown, ']'), append(hidden, ']')
	}
	return v, nil
}

// appendDefault appends the field with its default, if it has one.
func (f *field) appendDefault(object []byte) []byte {
	if f.fallback == "" {
		return object
	}
	return appendMember(object, f.name, appendString(nil, f.fallback))
}

// appendMember appends a member to an object that is still open.
func appendMember(object []byte, name string, value []byte) []byte {
	if object[len(object)-1] != '{' {
		object = append(object, ',')
	}
	return append(append(appendString(object, name), ':'), value...)
}

// Merge joins what Split parted. It returns an error unless both are JSON objects (private may be nil) that go together.
func Merge(public, private json.RawMessage) (json.RawMessage, error) {
	if private == nil {
		return slices.Clone(public), nil
	}
	for _, v := range [...][]byte{public, private} {
		if _, err := skipWhole(v, maxDepth); err != nil || v[0] != '{' {
			return nil, fmt.Errorf("merge: not a JSON object")
		}
	}
	return merge(public, private), nil
}

// merge joins two canonical values of the same place.
func merge(public, private []byte) []byte {
	if public[0] != private[0] {
		return public
	}
	switch public[0] {
	case '{':
		return mergeObjects(public, private)
	case '[':
		var hidden [][]byte
		_, _ = eachElement(private, 0, maxDepth, func(v []byte) { hidden = append(hidden, v) })
		out, i := []byte{'['}, 0
		_, _ = eachElement(public, 0, maxDepth, func(v []byte) {
			if i > 0 {
				out = append(out, ',')
			}
			if i < len(hidden) {
				v = merge(v, hidden[i])
			}
			out = append(out, v...)
			i++
		})
		return append(out, ']')
	}
	return public
}

func mergeObjects(public, private []byte) []byte {
	members := map[string][]byte{}
	var names []string
	_, _ = eachMember(public, 0, maxDepth, func(key, value []byte) {
		names = append(names, string(key))
		members[string(key)] = value
	})
	_, _ = eachMember(private, 0, maxDepth, func(key, value []byte) {
		shown, both := members[string(key)]
		if both {
			value = merge(shown, value)
		} else {
			names = append(names, string(key))
		}
		members[string(key)] = value
	})
	slices.Sort(names)
	out := []byte{'{'}
	for _, name := range names {
		out = appendMember(out, name, members[name])
	}
	return append(out, '}')
}
