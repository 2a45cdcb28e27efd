package mapping

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/ext"
	"gopkg.in/yaml.v3"
)

// Limits of expressions. Cost and memory are CEL's own units: about one for each step and for each ten characters, and
// about one for each element held. So what an expression may cost does not hang on how fast or busy a machine is.
const (
	maxText       = 4000      // characters of one expression
	maxNodes      = 2000      // of its syntax tree
	maxPattern    = 1000      // instructions of one regular expression
	maxCost       = 200_000   // of one evaluation
	maxMemory     = 1_000_000 // elements and characters held by one evaluation
	maxTotalCost  = 2_000_000 // of all evaluations for one input
	maxRange      = 1000      // elements that lists.range makes
	maxMade       = 64 << 10  // bytes of a text that replace and join make
	interruptEach = 100       // steps of a loop between two looks at the deadline
)

// expr is a compiled expression.
type expr struct {
	line    int
	text    string
	program cel.Program
}

// compiler turns the text of expressions into programs.
type compiler struct {
	doc     *recipes
	mapping *Mapping
	env     *cel.Env
	names   []string // of let, those that may be read by now
	later   []string // of let, those that may not be read yet
}

func newCompiler(d *recipes, m *Mapping) *compiler { return &compiler{doc: d, mapping: m} }

// variables names what every expression may read.
func (c *compiler) variables() []string {
	if c.doc.use == Rows {
		return []string{"row", "zone", "region"}
	}
	return []string{"body", "item", "headers", "query", "received", "zone", "region"}
}

// reserved tells whether a name has a meaning already.
func (c *compiler) reserved(name string) bool {
	return slices.Contains(c.variables(), name) || slices.Contains([]string{
		"row", "body",
		"string", "int", "double", "bool", "type", "dyn", "true", "false", "null", "in", "as", "if", "else", "for", "let",
		"loop", "package", "namespace", "return", "var", "void", "while", "break", "const", "continue", "function",
		"import", "optional", "math", "lists", "base64", "bytes", "uint", "map", "list",
	}, name)
}

// environment builds what expressions are checked against. It is made when the first expression is met: a document
// without one pays nothing.
func (c *compiler) environment() (*cel.Env, error) {
	if c.env != nil {
		return c.env, nil
	}
	options := []cel.EnvOption{
		cel.OptionalTypes(),
		ext.Strings(), ext.Math(), ext.Lists(ext.ListsMaxRangeSize(maxRange)), ext.Encoders(),
		cel.ParserExpressionSizeLimit(maxText), cel.ExpressionNodeLimit(maxNodes), cel.RegexProgramSizeLimit(maxPattern),
		cel.Variable("zone", cel.StringType), cel.Variable("region", cel.StringType),
	}
	if c.doc.use == Rows {
		options = append(options, cel.Variable("row", cel.MapType(cel.StringType, cel.StringType)))
	} else {
		texts := cel.MapType(cel.StringType, cel.StringType)
		options = append(options, cel.Variable("body", cel.DynType), cel.Variable("item", cel.DynType),
			cel.Variable("headers", texts), cel.Variable("query", texts), cel.Variable("received", cel.TimestampType))
	}
	for _, name := range append(slices.Clone(c.names), c.later...) {
		options = append(options, cel.Variable(name, cel.DynType))
	}
	env, err := cel.NewEnv(append(options, hostLibrary(c.mapping.marks, c.doc.lookups)...)...)
	if err != nil {
		return nil, err
	}
	c.env = env
	return env, nil
}

// expression reads and compiles the text of an expression; nil if there is something wrong with it.
func (d *recipes) expression(n *yaml.Node) *expr {
	text := d.text(n)
	if strings.TrimSpace(text) == "" {
		d.fail(n, "an expression is needed here")
		return nil
	}
	env, err := d.compiler.environment()
	if err != nil {
		d.fail(n, "%v", err)
		return nil
	}
	first := n.Line
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		first++ // the text begins below its key
	}
	tree, issues := env.Compile(text)
	if issues.Err() != nil {
		for _, e := range issues.Errors() {
			detail, mend := explainIssue(e.Message, append(d.compiler.variables(), d.compiler.names...))
			d.faults = append(d.faults, Fault{
				Line: first + max(e.Location.Line()-1, 0), Mend: mend,
				Detail: fmt.Sprintf("%s (at character %d of the expression)", detail, e.Location.Column()+1),
			})
		}
		return nil
	}
	if !d.compiler.look(n, tree) {
		return nil
	}
	program, err := env.Program(tree,
		cel.CostTracking(hostCosts{}), cel.CostLimit(maxCost), cel.MemoryLimit(maxMemory),
		cel.InterruptCheckFrequency(interruptEach))
	if err != nil {
		d.fail(n, "%v", err)
		return nil
	}
	return &expr{n.Line, text, program}
}

// look goes through an expression for what the checker does not know: names of let that come later, columns of a row.
func (c *compiler) look(n *yaml.Node, tree *cel.Ast) bool {
	before := len(c.doc.faults)
	named := map[int64]bool{} // identifiers that are part of row.<column>
	ast.PreOrderVisit(tree.NativeRep().Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		column, of := "", ast.Expr(nil)
		switch e.Kind() {
		case ast.SelectKind:
			column, of = e.AsSelect().FieldName(), e.AsSelect().Operand()
		case ast.CallKind:
			column, of = c.call(n, e.AsCall())
		case ast.IdentKind:
			switch name := e.AsIdent(); {
			case slices.Contains(c.later, name):
				c.doc.fail(n, "let %s can be read by those below it only", name)
			case name == "row" && c.doc.use == Rows && !named[e.ID()]:
				c.doc.fail(n, "row is read column by column: row.<column>, or row[\"a column\"]")
			}
		default: // read no column
		}
		if of != nil && of.Kind() == ast.IdentKind && of.AsIdent() == "row" && c.doc.use == Rows {
			named[of.ID()] = true
			c.doc.refs = append(c.doc.refs, reading{n.Line, column})
		}
	}))
	return len(c.doc.faults) == before
}

// call looks at one call: the column that it reads by a fixed name, and the lookup that it names.
func (c *compiler) call(n *yaml.Node, call ast.CallExpr) (column string, of ast.Expr) {
	args := call.Args()
	fixed := func(i int) (string, bool) {
		if i >= len(args) || args[i].Kind() != ast.LiteralKind {
			return "", false
		}
		text, ok := args[i].AsLiteral().Value().(string)
		return text, ok
	}
	switch call.FunctionName() {
	case "_[_]", "_[?_]", "_?._":
		if text, ok := fixed(1); ok {
			return text, args[0]
		}
	case "lookup":
		if name, ok := fixed(0); !ok {
			c.doc.fail(n, "lookup names its table as a text: lookup(\"dispositions\", ...)")
		} else if c.doc.lookups[name] == nil {
			c.doc.fail(n, "there is no lookup %q; there are: %s", name, sorted(c.doc.lookups))
		}
	}
	return "", nil
}

// eval evaluates the expression and adds what it cost.
func (e *expr) eval(ctx context.Context, s *scope) (celVal, error) {
	if s.cost > maxTotalCost {
		return nil, errTotal
	}
	out, details, err := e.program.ContextEval(ctx, s.vars)
	if details != nil && details.ActualCost() != nil {
		s.cost += *details.ActualCost()
	} else {
		s.cost += maxCost // an evaluation that was stopped does not tell
	}
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, explainFault(err)
	}
	return out, nil
}
