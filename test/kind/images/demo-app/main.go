// A small HTTP service whose releases can be made to fail or to be slow, for the demo and the end-to-end tests.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"math/rand/v2"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
)

type settings struct {
	version   string
	port      string
	errorRate float64
	latency   time.Duration
	drain     time.Duration
}

type app struct {
	settings
	hostname string
	draining atomic.Bool
	served   atomic.Int64
	failed   atomic.Int64
	seconds  atomic.Int64 // microseconds in handlers, for the duration metric's sum
}

func text(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}

func number(name string, fallback float64) float64 {
	value, err := strconv.ParseFloat(text(name, strconv.FormatFloat(fallback, 'g', -1, 64)), 64)
	if err != nil || value < 0 {
		log.Fatalf("%s=%s is not a number of at least 0", name, os.Getenv(name))
	}
	return value
}

func readSettings() settings {
	return settings{
		version:   text("VERSION", "unknown"),
		port:      text("PORT", "9898"),
		errorRate: number("ERROR_RATE", 0),
		latency:   time.Duration(number("LATENCY_MS", 0) * float64(time.Millisecond)),
		drain:     time.Duration(number("DRAIN", 8) * float64(time.Second)),
	}
}

// Requests to /fail fail on every release: what a dependency does to both sides when it is down.
func (a *app) answer(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	time.Sleep(a.latency)
	status := http.StatusOK
	if rand.Float64() < a.errorRate || r.URL.Path == "/fail" {
		status = http.StatusInternalServerError
	}
	w.Header().Set("content-type", "application/json")
	w.Header().Set("x-version", a.version)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"version": a.version, "hostname": a.hostname})
	if status == http.StatusOK {
		a.served.Add(1)
	} else {
		a.failed.Add(1)
	}
	a.seconds.Add(time.Since(start).Microseconds())
}

func (a *app) ready(w http.ResponseWriter, _ *http.Request) {
	if a.draining.Load() {
		http.Error(w, "draining", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ready")
}

func (a *app) metrics(w http.ResponseWriter, _ *http.Request) {
	served, failed := a.served.Load(), a.failed.Load()
	w.Header().Set("content-type", "text/plain; version=0.0.4")
	fmt.Fprintln(w, "# HELP http_requests_total Requests answered, by status.\n# TYPE http_requests_total counter")
	fmt.Fprintf(w, "http_requests_total{status=\"200\",version=%q} %d\n", a.version, served)
	fmt.Fprintf(w, "http_requests_total{status=\"500\",version=%q} %d\n", a.version, failed)
	fmt.Fprintln(w, "# HELP http_request_duration_seconds Time spent in the handler.\n# TYPE http_request_duration_seconds summary")
	fmt.Fprintf(w, "http_request_duration_seconds_sum{version=%q} %g\n", a.version, float64(a.seconds.Load())/1e6)
	fmt.Fprintf(w, "http_request_duration_seconds_count{version=%q} %d\n", a.version, served+failed)
}

func main() {
	hostname, _ := os.Hostname()
	a := &app{settings: readSettings(), hostname: hostname}
	mux := http.NewServeMux()
	mux.HandleFunc("/", a.answer)
	mux.HandleFunc("/readyz", a.ready)
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("/metrics", a.metrics)
	server := &http.Server{Addr: ":" + a.port, Handler: mux, ReadHeaderTimeout: 10 * time.Second}

	stop, release := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer release()
	go func() {
		if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
			log.Fatal(err)
		}
	}()
	log.Printf("version %s listens on port %s", a.version, a.port)
	<-stop.Done()

	// Gateways learn late that this pod leaves; until then they send requests here, and those must not fail.
	a.draining.Store(true)
	log.Printf("draining for %s", a.drain)
	time.Sleep(a.drain)
	grace, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		log.Print(err)
	}
}
