package clickhouse

import "strings"

// A statement is what must be known of a text to hand it to the engine rightly.
// It is found by reading words outside of quotes, comments and parentheses, not
// by parsing SQL; what it does not recognise is left to the engine.
type statement struct {
	verb    string // the first word in upper case, "(" for a parenthesis
	format  string // the format named at the end, or that of an INSERT's rows
	rows    bool   // an INSERT whose rows follow its text: head and data are set
	head    string // the INSERT without FORMAT and VALUES
	data    string // what follows FORMAT name or VALUES
	outside bool   // INTO OUTFILE or FROM INFILE: files of the client, which we are not
}

// parseStatement reads a statement. For an INSERT the text may end anywhere in
// its rows.
func parseStatement(text string) statement {
	s := scanner{text: text}
	first := s.next()
	st := statement{verb: strings.ToUpper(first.text)}
	if st.verb == "INSERT" {
		st.parseInsert(text, &s)
	} else {
		st.parseOther(&s)
	}
	return st
}

func (st *statement) parseInsert(text string, s *scanner) {
	name := true // a name comes next, not a keyword
	for t := s.next(); t.text != ""; t = s.next() {
		word := strings.ToUpper(t.text)
		switch {
		case word == "." || word == "INTO" || word == "TABLE" || word == "FUNCTION":
			name = true
		case name:
			name = false
		case word == "(":
			if inner := strings.ToUpper(s.next().text); inner == "SELECT" || inner == "WITH" {
				return
			}
			s.skipParentheses()
		case word == "SELECT" || word == "WITH" || word == "WATCH":
			return
		case word == "FROM":
			st.outside = true
			return
		case word == "VALUES":
			st.rows, st.format, st.head, st.data = true, "Values", text[:t.start], text[t.end:]
			return
		case word == "FORMAT":
			format := s.next()
			if format.text == "" {
				return // the engine says what is missing
			}
			st.rows, st.format, st.head, st.data = true, format.text, text[:t.start], skipLine(text[format.end:])
			return
		}
	}
}

func (st *statement) parseOther(s *scanner) {
	if st.verb == "(" {
		s.skipParentheses()
	}
	for t := s.next(); t.text != ""; t = s.next() {
		ahead := *s
		switch strings.ToUpper(t.text) {
		case "(":
			s.skipParentheses()
		case "INTO":
			st.outside = st.outside || strings.EqualFold(ahead.next().text, "OUTFILE")
		case "FORMAT": // the clause stands last; anywhere else it is somebody's name
			name := ahead.next().text
			switch strings.ToUpper(ahead.next().text) {
			case "", ";", "SETTINGS":
				st.format = name
			}
		}
	}
}

// skipLine skips blanks and one end of line: what stands between the name of a
// format and the rows.
func skipLine(s string) string {
	s = strings.TrimLeft(s, " \t\f")
	s = strings.TrimPrefix(s, "\r")
	return strings.TrimPrefix(s, "\n")
}

// A token is a word, a quoted piece or a single other character; empty at the
// end of the text.
type token struct {
	text       string
	start, end int
}

type scanner struct {
	text string
	pos  int
}

func (s *scanner) next() token {
	s.skipBlanks()
	start := s.pos
	if start == len(s.text) {
		return token{}
	}
	c := s.text[start]
	switch {
	case c == '\'' || c == '"' || c == '`':
		s.skipQuoted(c)
	case c == '$':
		s.skipHeredoc()
	case isWord(c):
		for s.pos < len(s.text) && isWord(s.text[s.pos]) {
			s.pos++
		}
	default:
		s.pos++
	}
	return token{text: s.text[start:s.pos], start: start, end: s.pos}
}

func (s *scanner) skipBlanks() {
	for s.pos < len(s.text) {
		rest := s.text[s.pos:]
		switch {
		case strings.HasPrefix(rest, "--"), strings.HasPrefix(rest, "#!"), strings.HasPrefix(rest, "# "):
			s.skipPast("\n")
		case strings.HasPrefix(rest, "/*"):
			s.skipPast("*/")
		case strings.IndexByte(" \t\r\n\f\v", rest[0]) >= 0:
			s.pos++
		default:
			return
		}
	}
}

func (s *scanner) skipPast(mark string) {
	if i := strings.Index(s.text[s.pos+1:], mark); i >= 0 {
		s.pos += 1 + i + len(mark)
	} else {
		s.pos = len(s.text)
	}
}

func (s *scanner) skipQuoted(quote byte) {
	for s.pos++; s.pos < len(s.text); s.pos++ {
		switch s.text[s.pos] {
		case '\\':
			s.pos++
		case quote: // a doubled one begins the next token, which does no harm
			s.pos++
			return
		}
	}
	s.pos = len(s.text)
}

// skipHeredoc skips $tag$ ... $tag$, or a lone $.
func (s *scanner) skipHeredoc() {
	end := s.pos + 1
	for end < len(s.text) && isWord(s.text[end]) && s.text[end] != '$' {
		end++
	}
	if end == len(s.text) || s.text[end] != '$' {
		s.pos++
		return
	}
	tag := s.text[s.pos : end+1]
	s.pos = end
	s.skipPast(tag)
}

// skipParentheses skips to the parenthesis that closes the one just read.
func (s *scanner) skipParentheses() {
	for depth := 1; depth > 0; {
		switch s.next().text {
		case "(":
			depth++
		case ")":
			depth--
		case "":
			return
		}
	}
}

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= 0x80
}
