#pragma once

#include <functional>
#include <string>

#include "agent/agent.h"
#include "io/http_server.h"

namespace kvs::agent {

// The agent's HTTP interface on its Unix socket (all of it) and on its health address (the first
// three paths):
//   GET /healthz      200 while the agent runs
//   GET /readyz       200 if pods are attached and connected, else 503; a line per problem
//   GET /metrics      Prometheus text
//   GET /v1/status    {"node", "version", "ready", "problems": [{"object","field","message"}],
//                      "network": {...}, "switch": {...}, "cniNote", "pods", "nodes"}
//   GET /v1/ports     {"ports": [{"name","ofport","mac","ips","pod","container","realized"}]}
//   GET /v1/pods      {"pods": [{"pod","ips","port","node"}]}
//   GET /v1/flows     {"flows": [{"table","tableName","priority","match","actions","cookie",
//                      "packets","bytes", "owner": {"rule","row","object"}}]}, as dumped from
//                      the switch
//   GET /v1/trace?... a packet's path through this node: query and answer as in trace.h; 400: the
//                      query is wrong; 503: ovs-vswitchd does not answer
//   PUT /v1/log-level?level=debug
//   POST /v1/uninstall?dry-run=1&force=1  {"node", "refused", "done": [...], "kept": [...],
//                      "problems": [...]} (daemon.h); 409: pods are attached, nothing was changed
void Serve(Agent& agent, const io::HttpRequest& request, const io::HttpServer::Reply& reply);
void ServeHealth(Agent& agent, const io::HttpRequest& request, const io::HttpServer::Reply& reply);

}  // namespace kvs::agent
