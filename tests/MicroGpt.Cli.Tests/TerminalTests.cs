using System.Text.RegularExpressions;

namespace MicroGpt.Cli.Tests;

/// <summary>The command on a terminal, such as the tool <c>script</c> makes.</summary>
public sealed partial class TerminalTests : IDisposable
{
    readonly Command microgpt = new();

    public TerminalTests()
    {
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && File.Exists("/usr/bin/script"), "there is no /usr/bin/script here");
        microgpt.Write("names.txt", "anna\nhanna\nnana\nanan\nhannah\nahna\n");
    }

    public void Dispose() => microgpt.Dispose();

    // What a terminal of this size gets to see.
    string OnTerminal(string arguments, string term, string environment = "", int columns = 80)
    {
        var command = $"stty cols {columns} rows 24; {environment} {Command.Executable} {arguments}";
        var result = microgpt.Shell($"script -qec '{command}' /dev/null", term);
        Assert.Equal(0, result.ExitCode);
        return result.Output.Replace("\r\n", "\n", StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_is_drawn_in_place_with_colours()
    {
        var seen = OnTerminal("train names.txt --steps 20000 --samples 3", "xterm-256color");
        Assert.Matches(@"\e\[[0-9]+A\e\[J", seen); // up, and erase
        Assert.Contains("\e[38;5;2m━", seen);
        Assert.Contains("20,000 / 20,000", seen);
        Assert.Contains("saved to \e[1mmodel.safetensors", seen);
        Assert.Contains("\nsample  3: ", seen);
        Assert.DoesNotContain("\e[?25l", seen); // a cursor that is not hidden need not be brought back
    }

    [Fact]
    public void Without_colours_if_the_person_wants_none()
    {
        var seen = OnTerminal("train names.txt --steps 20000", "xterm-256color", "NO_COLOR=1");
        Assert.Contains("━", seen);
        var uncoloured = seen.Replace("\e[39m", "").Replace("\e[49m", "");
        Assert.DoesNotMatch(@"\e\[[0-9;]*(3[0-9]|4[0-9]|9[0-7])(;[0-9;]*)?m", uncoloured);
    }

    [Fact]
    public void A_terminal_that_can_do_nothing_gets_plain_lines()
    {
        var seen = OnTerminal("train names.txt --steps 2000 --samples 3", "dumb");
        Assert.DoesNotContain('\e', seen);
        Assert.Contains("step 2000 / 2000 | loss ", seen);
    }

    [Theory]
    [InlineData(12)]
    [InlineData(30)]
    [InlineData(80)]
    [InlineData(200)]
    public void No_line_of_a_frame_is_wider_than_the_terminal(int columns)
    {
        var seen = OnTerminal("train names.txt --steps 20000 --samples 0", "xterm-256color", columns: columns);
        var frames = Codes().Replace(seen[seen.IndexOf("A\e[J", StringComparison.Ordinal)..], "");
        Assert.All(frames.Split('\n'), line => Assert.InRange(line.Length, 0, columns));
    }

    [Fact]
    public void What_the_data_has_of_control_codes_does_not_reach_the_terminal()
    {
        microgpt.Write("codes.txt", "a\u001b[31ma\nb\u001b[2Jb\nc\u0007c\n");
        var seen = OnTerminal("train codes.txt --steps 3000 --samples 30", "xterm-256color", "NO_COLOR=1");
        Assert.Contains("\ufffd", seen);
        Assert.DoesNotContain('\u0007', seen);
        Assert.DoesNotContain("\e[2J", seen);
    }

    [GeneratedRegex(@"\e\[[0-9;?]*[A-Za-z]")]
    private static partial Regex Codes();
}
