package fakenacos

import (
	"io"
	"net/http"
)

// The pages of Nacos 2 that a Nacos 3 still has for clients. An exception of their handlers gets
// lost on the way.

const lostException = "Handle API Compatibility failed, please see log for detail."

// wantsOld answers 400 unless all the parameters were sent, even if empty.
func (h *web) wantsOld(names ...string) bool {
	for _, n := range names {
		if !h.params.Has(n) {
			h.errorPage(http.StatusBadRequest, "Required parameter '"+n+"' is not present.")
			return false
		}
	}
	return true
}

// brokenOld answers with what is wrong with the parameters, if anything is.
func (h *web) brokenOld(problem string) bool {
	if problem == "" {
		return false
	}
	h.w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	h.w.WriteHeader(http.StatusBadRequest)
	_, _ = io.WriteString(h.w, "caused: "+problem+";")
	return true
}

// keyProblem returns what is wrong with the names or the tag, or "".
func (h *web) keyProblem() string {
	if problem := h.paramProblem(); problem != "" {
		return problem
	}
	return h.srv.checkTag(h.params.Get("tag"))
}

func (h *web) getOld() {
	if !h.wantsOld("dataId", "group") || h.brokenOld(h.keyProblem()) {
		return
	}
	got, found := h.headed()
	if !found {
		h.w.Header().Set("Content-Type", "application/json;charset=UTF-8")
		h.w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(h.w, "config data not exist\n")
		return
	}
	h.w.Header().Set("Content-Type", contentType("text"))
	_, _ = io.WriteString(h.w, got.content)
}

func (h *web) postOld() {
	if !h.wantsOld("dataId", "group", "content") {
		return
	}
	p, problem, detail := h.checked()
	if h.brokenOld(problem) {
		return
	}
	code := http.StatusBadRequest
	if detail == "" {
		if detail = h.srv.publish(p); detail == casLost {
			code = http.StatusInternalServerError
		}
	}
	if detail != "" {
		h.jsonUTF8(code, false)
		return
	}
	h.yes()
}

func (h *web) deleteOld() {
	if !h.wantsOld("dataId", "group") || h.brokenOld(h.keyProblem()) {
		return
	}
	if tag := h.params.Get("tag"); blank(tag) {
		h.srv.remove(h.key(), h.user, h.ip())
	} else if h.srv.dropNamed(h.key(), tag, h.user, h.ip()) != "" {
		h.errorPage(http.StatusInternalServerError, lostException)
		return
	}
	h.yes()
}

func (h *web) loginOld() {
	if h.wantsOld("username", "password") {
		lost := func() { h.errorPage(http.StatusInternalServerError, lostException) }
		h.loginWith(func(string) { lost() }, lost)
	}
}
