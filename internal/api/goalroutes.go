package api

import (
	"github.com/labstack/echo/v4"

	"milemarker/internal/access"
)

// goalRoutes mounts what changes goals, tells how they stand, and the calendars that they run by.
func (s *server) goalRoutes(e *echo.Echo) {
	e.POST("/v1/goals/:id", s.keyed(access.ScopeIngest, s.changeGoal))
	e.GET("/v1/goals/:id/why", s.asked(s.goalWhy))
	e.GET("/v1/goals/:id/check", s.asked(s.goalCheck))
	e.GET("/v1/pace", s.asked(s.listPaces))
	e.GET("/v1/priorities", s.asked(s.listPriorities))
	e.PUT("/v1/priorities", s.keyed(access.ScopeIngest, s.setPriorities))
	for _, path := range []string{"/v1/calendars/org", "/v1/calendars/:kind/:name"} {
		e.GET(path, s.asked(s.oneCalendar))
		e.PUT(path, s.keyed(access.ScopeIngest, s.configureCalendar))
		e.POST(path+"/days-off", s.keyed(access.ScopeIngest, s.addDayoff))
		e.DELETE(path+"/days-off/:id", s.keyed(access.ScopeIngest, s.withdrawDayoff))
	}
}
