using System.Globalization;
using Microsoft.Playwright;

namespace MicroGpt.Explorer.Tests;

/// <summary>
/// How fast the page is, on this machine: it prints figures and asserts nothing, as times depend on what else runs.
/// <c>dotnet run --project tests/MicroGpt.Explorer.Tests -- -explicit only -showLiveOutput</c>
/// </summary>
[Collection(nameof(Chromium))]
public class TimingTests(Chromium chromium, ITestOutputHelper output)
{
    const string Watch = """
        globalThis.tasks = [];
        new PerformanceObserver(list => tasks.push(...list.getEntries().map(e => [e.startTime, e.duration])))
          .observe({ type: "longtask", buffered: true });
        const marks = globalThis.marks = {};
        const put = CanvasRenderingContext2D.prototype.putImageData;
        CanvasRenderingContext2D.prototype.putImageData = function(...all) {
          marks.all = marks.map = performance.now();
          put.apply(this, all);
        };
        new MutationObserver(changes => {
          marks.all = performance.now();
          if (changes.some(change => change.target.closest?.(".card"))) marks.card = performance.now();
          if (!marks.word && document.querySelector(".big-word")?.textContent) marks.word = performance.now();
          if (!marks.done && document.querySelector(".frame[data-done]")) marks.done = performance.now();
        }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
        """;

    [Fact(Explicit = true)]
    public async Task Figures()
    {
        await (await chromium.OpenAsync(new())).Context.CloseAsync(); // publishes, and starts the browser
        for (var round = 1; round <= 3; round++)
        {
            var before = chromium.Site.Transferred;
            var page = await chromium.NewPageAsync(new() { ViewportSize = new() { Width = 1280, Height = 720 } });
            await page.AddInitScriptAsync(Watch);
            await page.GotoAsync(chromium.Site.Address);
            await Chromium.RecordedAsync(page);
            var (word, done) = (await Number(page, "marks.word"), await Number(page, "marks.done"));
            var startUp = await Number(page,
                "Math.max(0, ...tasks.filter(t => t[0] > marks.word && t[0] < marks.done).map(t => t[1]))");
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"cold load {round}: first letters {word:0} ms, run recorded {done:0} ms, longest task {startUp:0} ms, "
                + $"{(chromium.Site.Transferred - before) / 1e6:0.00} MB"));
            foreach (var room in new[] { "learn", "guess", "blame", "move", "whatif" })
            {
                var (map, card, all) = (new List<double>(), new List<double>(), new List<double>());
                await page.EvaluateAsync("tasks.length = 0");
                foreach (var step in new[] { 17, 400, 401, 999, 250 })
                {
                    var drawn = await page.EvaluateAsync<double[]>("""
                        async query => {
                          const start = performance.now();
                          history.pushState(null, "", location.pathname + query);
                          dispatchEvent(new PopStateEvent("popstate"));
                          await new Promise(done => setTimeout(done, 1000));
                          return [marks.map, marks.card, marks.all].map(time => Math.max(0, time - start));
                        }
                        """, $"?room={room}&step={step}&number=lm_head.5.9");
                    map.Add(drawn[0]);
                    card.Add(drawn[1]);
                    all.Add(drawn[2]);
                }
                var longest = await Number(page, "Math.max(0, ...tasks.map(t => t[1]))");
                output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"  {room}: of a step, the Map after {Range(map)}, the card after {Range(card)}, "
                    + $"all after {Range(all)} ms; longest task {longest:0} ms"));
            }
            var memory = await Number(page, "performance.memory.totalJSHeapSize");
            var wasm = await Number(page, "globalThis.getDotnetRuntime(0).localHeapViewU8().byteLength");
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  memory: {wasm / 1e6:0} MB WebAssembly, {memory / 1e6:0} MB JavaScript"));
            await page.Context.CloseAsync();
        }
    }

    static string Range(List<double> times) =>
        string.Create(CultureInfo.InvariantCulture, $"{times.Min():0} - {times.Max():0}");

    static Task<double> Number(IPage page, string expression) => page.EvaluateAsync<double>(expression);
}
