package events

import (
	"encoding/json"
	"fmt"
)

// SchemaRef names one JSON Schema.
type SchemaRef struct {
	Type    string `json:"type"`
	Kind    Kind   `json:"kind"`
	Version int    `json:"version"` // of the payload
	ID      string `json:"id"`      // the schema's $id
	Doc     string `json:"doc"`     // one sentence
}

// SchemaIndex lists the JSON Schemas, sorted by type.
func SchemaIndex() []SchemaRef {
	refs := make([]SchemaRef, 0, len(known().types))
	for _, typ := range known().types {
		refs = append(refs, known().byType[typ].ref())
	}
	return refs
}

func (def *definition) ref() SchemaRef {
	v := def.version()
	return SchemaRef{
		Type: def.typ, Kind: def.kind, Version: v, Doc: def.doc,
		ID: fmt.Sprintf("urn:milemarker:event:%s:v%d", def.typ, v),
	}
}

// Schema returns the JSON Schema (draft 2020-12) of a type's submitted form, envelope and payload; nil for an unknown
// type. What it refuses is refused at the door; the door refuses more, where a schema cannot say it.
func Schema(typ string) []byte {
	def := known().byType[typ]
	if def == nil {
		return nil
	}
	ref := def.ref()
	token := func(most int, doc string) node {
		return node{"type": "string", "minLength": 1, "maxLength": most, "pattern": `^\S(.*\S)?$`, "description": doc}
	}
	properties := node{
		"specversion":     node{"const": "1.0"},
		"id":              token(MaxID, "Unique within the org; the same id again is the same event told twice."),
		"source":          node{"type": "string", "maxLength": MaxSource, "pattern": uriReference, "description": "Who tells, as a URI reference."},
		"type":            node{"const": typ},
		"subject":         token(MaxSubject, "The prospect: an id, or a phone number, e-mail address or external id to be hashed on arrival."),
		"time":            node{"type": "string", "format": "date-time", "description": "When it happened; left out: when it arrives."},
		"datacontenttype": node{"type": "string", "pattern": `[jJ][sS][oO][nN]`, "description": "application/json, or left out."},
		"dataschema":      node{"description": "Taken, and not kept."},
		"org":             token(MaxName, "The org of the key, or left out."),
		"rep":             token(MaxName, "Who performed the act, in the org's own terms."),
		"team":            token(MaxName, "The rep's team at that time."),
		"data":            def.payload.schema(),
		"data_base64":     false,
	}
	for _, name := range reservedNames() {
		properties[name] = false
	}
	out, err := json.MarshalIndent(node{
		"$schema":       "https://json-schema.org/draft/2020-12/schema",
		"$id":           ref.ID,
		"title":         typ,
		"description":   def.doc,
		"type":          "object",
		"properties":    properties,
		"propertyNames": node{"pattern": `^[a-z0-9]+$`},
		"required":      []string{"specversion", "id", "source", "type", "data"},
	}, "", "  ")
	if err != nil {
		panic(err) // strings, numbers, maps and lists can always be written
	}
	return out
}

// node is a JSON object of a schema.
type node = map[string]any

// schema describes an object of this shape.
func (s *shape) schema() node {
	properties, dependent, required := node{}, node{}, []string{}
	for i := range s.fields {
		f := &s.fields[i]
		n := f.schema()
		n["description"] = f.doc
		if f.private {
			n["writeOnly"] = true
		}
		if f.fallback != "" {
			n["default"] = f.fallback
		}
		properties[f.name] = n
		if f.required {
			required = append(required, f.name)
		}
		if f.with != nil {
			dependent[f.name] = f.with
		}
	}
	n := node{"type": "object", "properties": properties, "additionalProperties": false, "required": required}
	if len(dependent) > 0 {
		n["dependentRequired"] = dependent
	}
	return n
}

// schema describes a value of this field.
func (f *field) schema() node {
	least, most := int64(f.min/Scale), int64(f.max/Scale)
	switch f.form {
	case formInteger:
		return node{"type": "integer", "minimum": least, "maximum": most}
	case formDecimal:
		return f.decimalSchema()
	case formBoolean:
		return node{"type": "boolean"}
	case formTimestamp:
		return node{"type": "string", "format": "date-time"}
	case formDate:
		return node{"type": "string", "format": "date"}
	case formObject:
		return f.shape.schema()
	case formList:
		return node{"type": "array", "minItems": least, "maxItems": most, "items": f.elem.schema()}
	case formMap:
		return node{"type": "object", "minProperties": least, "maxProperties": most, "additionalProperties": f.elem.schema()}
	default:
		return f.textSchema(most)
	}
}

func (f *field) textSchema(most int64) node {
	if f.enum != nil {
		return node{"type": "string", "enum": f.enum}
	}
	n := node{"type": "string", "maxLength": most}
	if f.format != nil {
		n["pattern"] = f.format.pattern.String()
		if f.format.list != nil {
			n = node{"type": "string", "enum": f.format.list}
		}
	}
	if f.required {
		n["minLength"] = 1
		return n
	}
	if f.format != nil { // an empty text is as good as none
		return node{"anyOf": []node{{"const": ""}, n}}
	}
	return n
}

// decimalSchema takes a string, which is exact everywhere, or a number.
func (f *field) decimalSchema() node {
	sign := "-?"
	if f.min >= 0 {
		sign = ""
	}
	digits := len(Decimal(maxAmount*Scale).String()) - 1 // after the first
	return node{"anyOf": []node{
		{"type": "string", "pattern": fmt.Sprintf(`^%s(0|[1-9][0-9]{0,%d})(\.[0-9]{1,%d})?$`, sign, digits, fractionDigits)},
		{"type": "number", "minimum": json.Number(f.min.String()), "maximum": json.Number(f.max.String()), "multipleOf": json.Number("0.0001")},
	}}
}
