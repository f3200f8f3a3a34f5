// Shows a push, even while no page is open. It carries no word of a child: only that one waits.
self.addEventListener("push", (event) => {
  let said = { title: "Front Door", body: "Open the queue.", link: "/queue", loud: false };
  try {
    said = { ...said, ...event.data.json() };
  } catch {
    // A call that cannot be read is still a call.
  }
  event.waitUntil(
    self.registration.showNotification(said.title, {
      body: said.body,
      tag: said.link,
      renotify: true,
      requireInteraction: said.loud,
      data: said.link,
    }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow(event.notification.data));
});
