namespace MicroGpt.Cli;

/// <summary>A file that the command writes. Each message begins with the option that chose its path.</summary>
static class OutputFile
{
    /// <summary>Refuses a path that is no place for a file.</summary>
    /// <exception cref="IOException">There is no such folder, or something else is there.</exception>
    public static void RequirePlace(string option, string path)
    {
        var full = Path.GetFullPath(path);
        var folder = Path.GetDirectoryName(full);
        if (Directory.Exists(full) || folder == null)
        {
            throw new IOException($"{option}: is a folder");
        }
        if (!Directory.Exists(folder))
        {
            throw new IOException($"{option}: there is no folder {folder}");
        }
        if (FileIdentity.IsDevice(full))
        {
            throw new IOException($"{option}: is a device, which the file would replace");
        }
    }

    /// <summary>Writes the file, or verifies that it can be written.</summary>
    /// <exception cref="IOException">It can't be; the message says why.</exception>
    public static void Write(string option, Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{option}: can't be written: {InputFile.Why(e)}");
        }
    }
}
