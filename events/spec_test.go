package events

import (
	"reflect"
	"strings"
	"testing"
)

func TestTagsThatMakeNoSensePanic(t *testing.T) {
	for want, of := range map[string]reflect.Type{
		"lacks its json or doc tag": reflect.TypeFor[struct {
			A string `json:"a"`
		}](),
		`unknown rule "requird"`: reflect.TypeFor[struct {
			A string `json:"a" doc:"A." rule:"requird"`
		}](),
		`names "b"`: reflect.TypeFor[struct {
			A string `json:"a" doc:"A." rule:"with=b"`
		}](),
		`names "c"`: reflect.TypeFor[struct {
			A Date `json:"a" doc:"A." rule:"after=c"`
		}](),
		`has "source" twice`: reflect.TypeFor[struct {
			Origin
			Source string `json:"source" doc:"Another."`
		}](),
		"no format colour": reflect.TypeFor[struct {
			A string `json:"a" doc:"A." rule:"format=colour"`
		}](),
		`rule "many"`: reflect.TypeFor[struct {
			A int64 `json:"a" doc:"A." rule:"max=many"`
		}](),
		"can be a float64": reflect.TypeFor[struct {
			A float64 `json:"a" doc:"A."`
		}](),
	} {
		func() {
			defer func() {
				if said, _ := recover().(string); !strings.Contains(said, want) {
					t.Errorf("panic %q, want %q", said, want)
				}
			}()
			shapeOf(of)
		}()
	}
}

func TestObjectsWithinObjectsAreParted(t *testing.T) {
	s := shapeOf(reflect.TypeFor[struct {
		Open struct {
			A string `json:"a" doc:"A."`
			B string `json:"b" doc:"B." rule:"private"`
		} `json:"open" doc:"Partly open."`
		Plain struct {
			A string `json:"a" doc:"A."`
		} `json:"plain" doc:"Open."`
	}]())
	public, private := s.split([]byte(`{"open":{"a":"1","b":"2"},"plain":{"a":"3"}}`))
	if string(public) != `{"open":{"a":"1"},"plain":{"a":"3"}}` || string(private) != `{"open":{"b":"2"}}` {
		t.Errorf("%s and %s", public, private)
	}
	if whole := merge(public, private); string(whole) != `{"open":{"a":"1","b":"2"},"plain":{"a":"3"}}` {
		t.Errorf("%s", whole)
	}
}

func TestDates(t *testing.T) {
	day, err := Date("2026-02-28").Time()
	if err != nil || DateOf(day.AddDate(0, 0, 1)) != "2026-03-01" {
		t.Errorf("%v, %v", day, err)
	}
	if got := Decimal(12_5000).Float64(); got != 12.5 {
		t.Error(got)
	}
}
