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
        // 0 and 7 to 15 are the background of one theme or another.
        Assert.DoesNotMatch(@"\e\[[0-9;]*(38;5;(0|7|8|9|1[0-5])|3[07]|9[0-7])(;[0-9;]*)?m", seen);
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

    [Fact]
    public void The_surprising_letters_of_a_text_are_red()
    {
        OnTerminal("train names.txt --steps 1000 --quiet --samples 0", "xterm-256color");
        var seen = OnTerminal("score model.safetensors anna nnaaahhhhaannnn --verbose", "xterm-256color", columns: 60);
        Assert.Contains("\e[38;5;2mn ", seen);
        Assert.Matches(@"\e\[1;4;38;5;1m[anh] 0\.0", seen);
        Assert.DoesNotMatch(@"\e\[[0-9;]*(38;5;(0|7|8|9|1[0-5])|3[07]|9[0-7])(;[0-9;]*)?m", seen);
        Assert.All(Codes().Replace(seen, "").Split('\n'), line => Assert.InRange(line.Length, 0, 60));
    }

    [Fact]
    public void A_Ctrl_C_leaves_its_trace_on_a_line_of_its_own_or_none()
    {
        const string train = "train names.txt --steps 1000000 --n-embd 64";
        var exe = Command.Executable;
        var plain = Interrupted($"{exe} {train} --out a.safetensors", "dumb", () => true);
        Assert.Contains("^C\r\nstopped after step ", plain);
        var redirected = Interrupted($"{exe} {train} --out b.safetensors > out.txt; cat out.txt", "dumb",
            () => File.Exists(microgpt.At("out.txt")) && File.ReadAllText(microgpt.At("out.txt")).Contains("step "));
        Assert.Contains("^C\r\nto continue: ", redirected);
        var drawn = Interrupted($"{exe} {train} --out c.safetensors", "xterm-256color", () => true);
        Assert.Matches(@"(?s)\^C.*\r\e\[[0-9]+A\e\[J.*stopped after step ", drawn); // a frame takes its place

        // Ctrl-C, typed when the condition holds; where nothing is redirected, after the first output.
        string Interrupted(string command, string term, Func<bool> ready)
        {
            var process = microgpt.Start("script", ["-qec", command, "/dev/null"], term);
            var begin = "";
            while (!begin.Contains(term == "dumb" ? "step " : "\e[J") && !command.Contains('>'))
            {
                begin += (char)process.StandardOutput.Read();
            }
            while (!ready())
            {
                Thread.Sleep(20);
            }
            process.StandardInput.Write('\u0003');
            process.StandardInput.Flush();
            var rest = process.StandardOutput.ReadToEnd();
            Assert.True(process.WaitForExit(Command.Patience));
            process.Dispose();
            return rest;
        }
    }

    [Fact]
    public void In_a_window_that_became_narrower_the_frame_before_goes_as_a_whole()
    {
        var command = "stty cols 80 rows 24; "
            + "(until [ -f model.safetensors ]; do sleep 0.1; done; stty -F /dev/tty cols 30) & "
            + $"{Command.Executable} train names.txt --steps 1000000 --samples 0 --save-every 0.5";
        var process = microgpt.Start("script", ["-qec", command, "/dev/null"], "xterm-256color");
        // A frame has 8 lines at most; at 30 columns its line of figures takes three, and so on.
        var (seen, highest) = ("", 0);
        while (highest <= 8 && process.StandardOutput.Read() is >= 0 and var next)
        {
            seen += (char)next;
            highest = seen[^1] == 'A' && Up().Match(seen) is { Success: true } up ? int.Parse(up.Groups[1].Value) : 0;
        }
        Assert.InRange(highest, 9, 100);
        Assert.Equal(130, Command.Finish(process, "\u0003").ExitCode);
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

    [GeneratedRegex(@"\e\[([0-9]+)A$")]
    private static partial Regex Up();
}
