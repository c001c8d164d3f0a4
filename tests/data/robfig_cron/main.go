// Prints what the real github.com/robfig/cron gives for the cron expressions that tests/test_schedule.py asks of our model of
// it (src/pipeglot/backends/probes/kfp_cron.py). KFP's controller of recurring runs uses v1.2.0, and so does this.
//
//	cd tests/data/robfig_cron
//	go mod init robfig && go get github.com/robfig/cron@v1.2.0
//	go run . > ../robfig_cron.json
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/robfig/cron"
)

var expressions = []string{
	"0 0 2 * * *", "0 30 2 * * *", "0 30 1 * * *", "0 0 0 * * *", "0 15 0 * * *", "0 0 * * * *", "0 */20 * * * *",
	"0 */15 1-3 * * *", "0 0 */2 * * *", "0 30 */6 * * *", "0 0 9 * * 1-5", "0 0 9 * * 0,5-6", "0 30 2 * * sun",
	"0 0 0 1 * *", "0 0 0 13 * 5", "0 0 0 */10 * 1", "0 0 0 1 */3 *", "0 59 23 31 * *", "0 30 2 8-14 3 0", "0 0 12 29 2 *",
	"15,45 0 2 * * *", "0 0 2 ? * MON", "0 5/25 3 * * *", "0 0 9 * * 1", "@daily", "@hourly", "@weekly", "@every 1h30m",
	"0 9 * * 1", "0 7 * * * *",
}

var wrong = []string{"0 0 2 * *  * *", "0 0 2 * * 7", "0 60 * * * *", "0 0 24 * * *", "0 0 0 0 * *", "0 0 2 * * L", "", "0 0 2 32 * *",
	"0 0 2 * * 5#2", "@never", "0 0 5-2 * * *", "0 0 */0 * * *", "30 2 * *"}

var zones = []string{"UTC", "America/New_York", "Europe/Berlin", "Europe/London", "Australia/Lord_Howe", "Africa/Cairo",
	"America/Santiago", "Asia/Kolkata"}

// Shortly before clocks change somewhere, and some quiet moments.
var starts = []string{"2026-03-07T00:00:00Z", "2026-03-28T12:00:00Z", "2026-04-04T03:00:00Z", "2026-04-23T10:20:30Z",
	"2026-10-03T12:00:00Z", "2026-10-24T20:00:00Z", "2026-10-31T20:00:00Z", "2026-12-31T23:59:59Z"}

// Case holds, for each of the starts, the first times after it.
type Case struct {
	Expression string    `json:"expression"`
	Zone       string    `json:"zone"`
	Next       [][]int64 `json:"next"`
}

type Said struct {
	Library string   `json:"library"`
	Go      string   `json:"go"`
	Starts  []int64  `json:"starts"`
	Cases   []Case   `json:"cases"`
	Wrong   []string `json:"wrong"`
}

func main() {
	said := Said{Library: "github.com/robfig/cron v1.2.0", Go: runtime.Version()}
	for _, text := range starts {
		start, err := time.Parse(time.RFC3339, text)
		if err != nil {
			panic(err)
		}
		said.Starts = append(said.Starts, start.Unix())
	}
	for _, expression := range expressions {
		schedule, err := cron.Parse(expression)
		if err != nil {
			panic(err)
		}
		for _, name := range zones {
			zone, err := time.LoadLocation(name)
			if err != nil {
				panic(err)
			}
			found := Case{Expression: expression, Zone: name}
			for _, start := range said.Starts {
				at, next := time.Unix(start, 0).In(zone), []int64{}
				for i := 0; i < 6; i++ {
					at = schedule.Next(at)
					next = append(next, at.Unix())
				}
				found.Next = append(found.Next, next)
			}
			said.Cases = append(said.Cases, found)
		}
	}
	for _, expression := range wrong {
		if _, err := cron.Parse(expression); err == nil {
			panic(fmt.Sprintf("%q was expected to be refused", expression))
		}
		said.Wrong = append(said.Wrong, expression)
	}
	if err := json.NewEncoder(os.Stdout).Encode(said); err != nil {
		panic(err)
	}
}
