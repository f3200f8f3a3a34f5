// The supervisor's board: fetched anew when something changed, with charts beside its tables.
const COLOURS = { emergency: "#b10e1e", urgent: "#9c4a08", concern: "#1d5a8a", no_concern: "#4b5257" };
const REST = 3000;

export function startBoard(connection) {
  const board = document.getElementById("supervisor-board");
  const charts = draw(JSON.parse(board.dataset.charts));
  let due = null;
  const refresh = () => {
    // Many changes at once are one look at the board.
    due ??= setTimeout(async () => {
      due = null;
      const answer = await fetch("/board/panel", { headers: { Accept: "application/json" } }).catch(() => null);
      if (!answer?.ok || board.contains(document.activeElement)) return;
      const fresh = await answer.json();
      const open = board.querySelector("details")?.open;
      board.innerHTML = fresh.html;
      if (open) board.querySelector("details").open = true;
      update(charts, fresh.charts);
    }, REST);
  };
  for (const name of ["board", "row"]) connection.on(name, refresh);
}

function draw(data) {
  if (!window.Chart) return null;
  document.getElementById("charts").hidden = false;
  const still = { animation: false, maintainAspectRatio: false, scales: { y: { beginAtZero: true, ticks: { precision: 0 } } } };
  const waiting = new Chart(document.getElementById("chart-waiting"), {
    type: "bar",
    data: { labels: data.waiting.labels, datasets: [{ label: "Waiting", data: data.waiting.values, backgroundColor: data.waiting.levels.map((level) => COLOURS[level]) }] },
    options: { ...still, plugins: { legend: { display: false } } },
  });
  const arrivals = new Chart(document.getElementById("chart-arrivals"), {
    type: "bar",
    data: { labels: data.arrivals.labels, datasets: data.arrivals.levels.map((level, place) => ({ label: data.arrivals.names[place], data: data.arrivals.values[place], backgroundColor: COLOURS[level] })) },
    options: { ...still, scales: { x: { stacked: true }, y: { stacked: true, beginAtZero: true, ticks: { precision: 0 } } } },
  });
  return { waiting, arrivals };
}

function update(charts, data) {
  if (!charts) return;
  charts.waiting.data.datasets[0].data = data.waiting.values;
  charts.arrivals.data.labels = data.arrivals.labels;
  data.arrivals.values.forEach((values, place) => { charts.arrivals.data.datasets[place].data = values; });
  charts.waiting.update();
  charts.arrivals.update();
}
