{{/* What is installed: "hub" with or without the cluster role, or "cluster" alone. */}}
{{- define "roottrust.component" -}}
{{ has "hub" .Values.roles | ternary "hub" "cluster" }}
{{- end }}

{{/* The names are those of deploy/: Vault's roles, leases and other clusters know them. */}}
{{- define "roottrust.name" -}}
roottrust-{{ include "roottrust.component" . }}
{{- end }}

{{/* Those of deploy/ as well, by which `roottrust plan` finds the operator. They never change. */}}
{{- define "roottrust.selector" -}}
app.kubernetes.io/name: roottrust
app.kubernetes.io/component: {{ include "roottrust.component" . }}
{{- end }}

{{- define "roottrust.labels" -}}
{{ include "roottrust.selector" . }}
app.kubernetes.io/part-of: roottrust
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version | replace "+" "_" }}
{{- end }}

{{/* Metadata of something in the operator's namespace. */}}
{{- define "roottrust.metadata" -}}
name: {{ .name }}
namespace: {{ .top.Release.Namespace }}
labels:
  {{- include "roottrust.labels" .top | nindent 2 }}
{{- end }}

{{/* A binding of a role to the account of the same installation. */}}
{{- define "roottrust.binding" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ .kind }}Binding
metadata:
  name: {{ .name }}
  {{- if eq .kind "Role" }}
  namespace: {{ .top.Release.Namespace }}
  {{- end }}
  labels:
    {{- include "roottrust.labels" .top | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ .kind }}
  name: {{ .name }}
subjects:
- kind: ServiceAccount
  name: {{ .account | default (include "roottrust.name" .top) }}
  namespace: {{ .top.Release.Namespace }}
{{- end }}

{{- define "roottrust.image" -}}
{{- $repository := required "image.repository says where your image of roottrust is, for example registry.example/roottrust." .Values.image.repository }}
{{- if .Values.image.digest }}
{{- $repository }}@{{ .Values.image.digest }}
{{- else }}
{{- $repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}
{{- end }}

{{- define "roottrust.caConfigMap" -}}
{{ .Values.vault.caBundle | empty | ternary .Values.vault.caConfigMap "roottrust-vault-ca" }}
{{- end }}

{{/* Fit for restricted namespaces, whatever the numbers are. */}}
{{- define "roottrust.podSecurity" -}}
runAsNonRoot: true
{{- range $key, $number := .Values.podSecurityContext }}
{{ $key }}: {{ int64 $number }}
{{- end }}
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "roottrust.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}
