package wire

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"

	"milemarker/internal/providers"
)

// maxFields bounds the fields of a form.
const maxFields = 2000

// Form reads a form: of a body in application/x-www-form-urlencoded or multipart/form-data (files are passed over), or
// the URL's query of a GET. It returns providers.ErrMalformed, wrapped.
func Form(d providers.Delivery) (url.Values, error) {
	if d.Method == http.MethodGet {
		u, err := url.Parse(d.URL)
		if err != nil {
			return nil, fmt.Errorf("url: %w", providers.ErrMalformed)
		}
		return urlencoded(u.RawQuery)
	}
	if len(d.Body) > MaxBody {
		return nil, fmt.Errorf("body has more than %d bytes: %w", MaxBody, providers.ErrMalformed)
	}
	if kind, params, err := mime.ParseMediaType(d.Header.Get("Content-Type")); err == nil && kind == "multipart/form-data" {
		return parts(d.Body, params["boundary"])
	}
	return urlencoded(string(d.Body))
}

func urlencoded(text string) (url.Values, error) {
	form, err := url.ParseQuery(text)
	if err != nil || len(form) > maxFields {
		return nil, fmt.Errorf("body is not a form: %w", providers.ErrMalformed)
	}
	return form, nil
}

func parts(body []byte, boundary string) (url.Values, error) {
	form := url.Values{}
	if boundary == "" || !bytes.Contains(body, []byte("--"+boundary+"--")) {
		return nil, fmt.Errorf("form has no end: %w", providers.ErrMalformed)
	}
	for reader := multipart.NewReader(bytes.NewReader(body), boundary); ; {
		part, err := reader.NextPart()
		if err == io.EOF { //nolint:errorlint // NextPart returns it bare at the end
			return form, nil
		}
		if err != nil || len(form) >= maxFields {
			return nil, fmt.Errorf("body is not a form: %w", providers.ErrMalformed)
		}
		if part.FormName() == "" || part.FileName() != "" {
			continue
		}
		text, err := io.ReadAll(part)
		if err != nil {
			return nil, fmt.Errorf("form ends too early: %w", providers.ErrMalformed)
		}
		form.Add(part.FormName(), string(text))
	}
}

// Read reads a delivery whatever its form: JSON where the body begins as JSON does, else a form, as an object of texts
// (the lists of texts where a name is given more than once).
func Read(d providers.Delivery) (Value, error) {
	if start := bytes.TrimLeft(d.Body, " \t\r\n\ufeff"); d.Method != http.MethodGet && len(start) > 0 && (start[0] == '{' || start[0] == '[') {
		return JSON(start)
	}
	form, err := Form(d)
	if err != nil {
		return Value{}, err
	}
	return Fields(form), nil
}

// Fields turns a form into an object.
func Fields(form url.Values) Value {
	object := make(map[string]any, len(form))
	for name, given := range form {
		if len(given) == 1 {
			object[name] = given[0]
			continue
		}
		list := make([]any, len(given))
		for i, text := range given {
			list[i] = text
		}
		object[name] = list
	}
	return Value{object}
}
