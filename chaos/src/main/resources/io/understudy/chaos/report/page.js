
(function () {
  'use strict';
  const lanes = document.getElementById('lanes');
  const box = document.getElementById('scroll');
  const tools = document.getElementById('tools');
  const readout = document.getElementById('readout');
  const cursor = document.getElementById('cursor');
  const overview = document.getElementById('overview');
  const end = Number(lanes.dataset.end);
  const drawn = Number(lanes.getAttribute('width'));
  let zoom = 1;

  function clock(millis) {
    const tenths = Math.floor(millis / 100);
    const seconds = Math.floor(tenths / 10);
    const minutes = Math.floor(seconds / 60);
    const two = function (number) { return String(number).padStart(2, '0'); };
    const hours = Math.floor(minutes / 60);
    return (hours > 0 ? hours + ':' + two(minutes % 60) : minutes) + ':' + two(seconds % 60) + '.' + tenths % 10;
  }

  function setZoom(wanted) {
    const middle = (box.scrollLeft + box.clientWidth / 2) / zoom;
    zoom = wanted;
    lanes.setAttribute('width', drawn * zoom);
    // The drawing grows sideways; its letters do not.
    lanes.querySelectorAll('text').forEach(function (text) {
      const x = text.getAttribute('x');
      text.setAttribute('transform', 'translate(' + x + ' 0) scale(' + 1 / zoom + ' 1) translate(' + -x + ' 0)');
    });
    box.scrollLeft = middle * zoom - box.clientWidth / 2;
    tools.querySelectorAll('button').forEach(function (button) {
      button.setAttribute('aria-pressed', String(Number(button.dataset.zoom) === zoom));
    });
    look();
  }

  function told(lane, millis) {
    const step = Number(lane.dataset.step);
    const index = Math.floor(millis / step);
    const columns = lane.dataset.columns.split(' ');
    const counts = (columns[index] || '0').split(',');
    return lane.dataset.name + ', ' + clock(index * step) + ' to ' + clock((index + 1) * step) + ': '
      + counts[0] + ' acknowledged, ' + (counts[1] || 0) + ' refused, ' + (counts[2] || 0) + ' unknown';
  }

  lanes.addEventListener('pointermove', function (event) {
    const left = lanes.getBoundingClientRect().left;
    const x = (event.clientX - left) / zoom;
    const millis = Math.min(end, Math.max(0, x / drawn * end));
    cursor.setAttribute('x1', x);
    cursor.setAttribute('x2', x);
    const lane = event.target.closest('.client');
    readout.textContent = clock(millis) + (lane ? '  –  ' + told(lane, millis) : '');
  });

  function look() {
    const frame = document.getElementById('window');
    if (frame) {
      const whole = drawn * zoom;
      frame.setAttribute('x', 1000 * box.scrollLeft / whole);
      frame.setAttribute('width', 1000 * Math.min(1, box.clientWidth / whole));
    }
  }

  if (overview) {
    const picture = overview.querySelector('svg');
    const jump = function (event) {
      const area = picture.getBoundingClientRect();
      box.scrollLeft = (event.clientX - area.left) / area.width * drawn * zoom - box.clientWidth / 2;
    };
    picture.addEventListener('pointerdown', jump);
    picture.addEventListener('pointermove', function (event) {
      if (event.buttons === 1) {
        jump(event);
      }
    });
    box.addEventListener('scroll', look);
    window.addEventListener('resize', look);
  }

  tools.addEventListener('click', function (event) {
    if (event.target.dataset.zoom) {
      setZoom(Number(event.target.dataset.zoom));
    }
  });
  tools.hidden = false;
  setZoom(1);
})();
