package rest

import (
	"fmt"
	"sync"
	"time"
)

// Limits are what the org allows beyond what its edition gives. Zero values
// leave the edition's.
type Limits struct {
	Daily   int    // API calls in 24 hours
	App     int    // of those, by this one app; 0 = not limited, not told
	AppName string // as the limit header names it
}

// usage counts API calls over a rolling day, hour by hour.
type usage struct {
	mu    sync.Mutex
	hours [24]int
	last  int64 // hour of the newest count, since 1970
}

// roll forgets the hours that are a day old. u.mu must be held.
func (u *usage) roll(now time.Time) int64 {
	hour := now.Unix() / 3600
	for h := max(u.last+1, hour-23); h <= hour; h++ {
		u.hours[h%24] = 0
	}
	u.last = max(u.last, hour)
	return u.last
}

// add counts n calls and returns how many there were in the last day.
func (u *usage) add(now time.Time, n int) int {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.hours[u.roll(now)%24] += n
	total := 0
	for _, count := range u.hours {
		total += count
	}
	return total
}

// daily is the number of API calls that the org allows in a day.
func (s *Server) daily() int {
	if s.Limits.Daily > 0 {
		return s.Limits.Daily
	}
	return dailyLimit(s.org.Edition())
}

// limitInfo is the Sforce-Limit-Info header after so many calls.
func (s *Server) limitInfo(used int) string {
	info := fmt.Sprintf("api-usage=%d/%d", used, s.daily())
	if s.Limits.App > 0 {
		info += fmt.Sprintf("; per-app-api-usage=%d/%d(appName=%s)", used, s.Limits.App, s.Limits.AppName)
	}
	return info
}

// exhausted tells whether so many calls are more than are allowed.
func (s *Server) exhausted(used int) bool {
	return used > s.daily() || s.Limits.App > 0 && used > s.Limits.App
}
