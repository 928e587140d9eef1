using Microsoft.Playwright;

namespace MicroGpt.Explorer.Tests;

/// <summary>
/// A real Chromium with the page in it. Most tests share one visit, because the run is the same in all of them; where
/// there is no Chromium, tests that need it are skipped.
/// </summary>
public sealed class Chromium : IAsyncLifetime
{
    static readonly string? path = new[] { "chromium", "chromium-browser", "google-chrome" }
        .SelectMany(name => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Join(folder, name)))
        .FirstOrDefault(File.Exists);

    readonly List<string> complaints = [];
    IPlaywright? playwright;
    IBrowser? browser;
    Site? site;
    IPage? page;

    /// <summary>How long a page may take on a busy machine, in ms.</summary>
    public const int Patience = 120_000;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>
    /// Fails with what the browser has complained of so far, and each address outside the site that it asked for. Every
    /// test begins with it, so what one of them causes does not stay unheard.
    /// </summary>
    public void AssertNoComplaint() => Assert.Empty(complaints);

    internal Site Site => site!;

    /// <summary>The visit that tests share, at an address, with the run recorded.</summary>
    public async Task<IPage> GoAsync(string query)
    {
        if (page == null)
        {
            page = await OpenAsync(new() { ViewportSize = new() { Width = 1280, Height = 720 } }, query);
        }
        else
        {
            AssertNoComplaint();
            await LookAtAsync(page, query);
        }
        return page;
    }

    /// <summary>A new visit.</summary>
    public async Task<IPage> OpenAsync(BrowserNewContextOptions options, string query = "", bool wait = true)
    {
        var opened = await NewPageAsync(options);
        await opened.GotoAsync(site!.Address + query);
        if (wait)
        {
            await RecordedAsync(opened);
        }
        return opened;
    }

    /// <summary>A new page of the browser, with nothing in it yet.</summary>
    public async Task<IPage> NewPageAsync(BrowserNewContextOptions options)
    {
        Assert.SkipUnless(path != null, "there is no chromium on this machine");
        AssertNoComplaint();
        if (browser == null)
        {
            site = new();
            playwright = await Playwright.CreateAsync();
            browser = await playwright.Chromium.LaunchAsync(new()
            {
                ExecutablePath = path,
                Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
                    "--disable-component-update", "--disable-sync"],
            });
        }
        var context = await browser.NewContextAsync(options);
        await context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        var opened = await context.NewPageAsync();
        opened.SetDefaultTimeout(Patience);
        Assertions.SetDefaultExpectTimeout(Patience);
        opened.Console += (_, message) => Hear(message.Type is "error" or "warning", $"{message.Type}: {message.Text}");
        opened.PageError += (_, error) => Hear(true, error);
        opened.Request += (_, request) =>
            Hear(!request.Url.StartsWith(site!.Address, StringComparison.Ordinal)
                && !request.Url.StartsWith("blob:", StringComparison.Ordinal), $"asked for {request.Url}");
        return opened;
    }

    /// <summary>Looks at something else in a visit, without loading the page again.</summary>
    public static async Task LookAtAsync(IPage page, string query)
    {
        await page.EvaluateAsync("query => history.pushState(null, '', location.pathname + query)", query);
        await page.EvaluateAsync("() => dispatchEvent(new PopStateEvent('popstate'))");
        await SettleAsync(page);
    }

    /// <summary>Waits until the run is recorded.</summary>
    public static async Task RecordedAsync(IPage page)
    {
        await page.WaitForSelectorAsync(".frame[data-done]");
        await SettleAsync(page);
    }

    /// <summary>Waits until what was asked for is drawn.</summary>
    public static Task SettleAsync(IPage page) =>
        page.EvaluateAsync(
            "() => new Promise(done => setTimeout(() => requestAnimationFrame(() => setTimeout(done, 60)), 60))");

    public async ValueTask DisposeAsync()
    {
        if (browser != null)
        {
            await browser.CloseAsync();
        }
        playwright?.Dispose();
        site?.Dispose();
    }

    void Hear(bool isComplaint, string what)
    {
        if (isComplaint)
        {
            complaints.Add(what);
        }
    }
}

[CollectionDefinition(nameof(Chromium))]
public sealed class ChromiumCollection : ICollectionFixture<Chromium>;
