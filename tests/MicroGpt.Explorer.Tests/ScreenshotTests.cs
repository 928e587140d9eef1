using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace MicroGpt.Explorer.Tests;

/// <summary>
/// Takes the pictures of docs/explorer: every room, on a desk and on a phone, light and dark.
/// <c>dotnet run --project tests/MicroGpt.Explorer.Tests -- -explicit only -class '*ScreenshotTests'</c>, then
/// <c>pngquant --ext .png --force docs/explorer/*.png</c>, which makes them a third as large.
/// </summary>
[Collection(nameof(Chromium))]
public class ScreenshotTests(Chromium chromium)
{
    static readonly (string Name, string Query, string WaitFor)[] screens =
    [
        ("opening", "?", ".primary"),
        ("learn", "?room=learn&step=420&number=wte.5.9", ".dreams"),
        ("guess", "?room=guess&text=mar&at=3&number=query.0.3.5", ".readouts"),
        ("blame", "?room=blame&step=1&at=2&number=middle.0.2.5", ".norms"),
        ("move", "?room=move&step=420&number=lm_head.5.9", ".ledger"),
        ("whatif", "?room=whatif&step=600&number=lm_head.5.9&edit=weight:600:lm_head.5.9:1.5",
            ".whatif:not(:has-text('B trains')) .pairs"),
        ("second-run", "?run=20000&room=guess&text=maria&at=4", ".readouts"),
    ];

    [Theory(Explicit = true)]
    [InlineData("light")]
    [InlineData("dark")]
    [InlineData("phone-light")]
    [InlineData("phone-dark")]
    public async Task Screens(string kind)
    {
        var phone = kind.StartsWith("phone", StringComparison.Ordinal);
        var page = await chromium.OpenAsync(new()
        {
            ViewportSize = phone ? new() { Width = 390, Height = 844 } : new() { Width = 1280, Height = 720 },
            ColorScheme = kind.EndsWith("dark", StringComparison.Ordinal) ? ColorScheme.Dark : ColorScheme.Light,
        });
        foreach (var (name, query, waitFor) in screens)
        {
            await Chromium.LookAtAsync(page, phone ? Regex.Replace(query, "&number=[^&]*", "") : query);
            await page.WaitForSelectorAsync(waitFor);
            await Task.Delay(2500); // costs and dreams follow
            await page.ScreenshotAsync(new()
            {
                Path = Path.Join(Repository.Root, "docs", "explorer",
                $"{name}-{kind}.png")
            });
        }
        await page.Context.CloseAsync();
    }
}
