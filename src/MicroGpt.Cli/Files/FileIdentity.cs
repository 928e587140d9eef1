namespace MicroGpt.Cli;

/// <summary>The names of a file: <c>a</c>, <c>./a</c>, and a symbolic link to it.</summary>
static class FileIdentity
{
    const int MaxLinks = 40; // as in Linux

    /// <summary>The path behind all symbolic links, including those of folders. The file need not exist.</summary>
    /// <exception cref="IOException">The links form a cycle.</exception>
    public static string Real(string path) => Real(Path.GetFullPath(path), MaxLinks);

    /// <summary>Whether two names lead to one file.</summary>
    public static bool Same(string a, string b)
    {
        (a, b) = (Real(a), Real(b));
        return a == b || string.Equals(a, b, StringComparison.OrdinalIgnoreCase)
            && (!OperatingSystem.IsLinux() || IsOneEntry(a, b));
    }

    /// <summary>Whether it is a device, such as /dev/null, which any number of processes may write to.</summary>
    public static bool IsDevice(string path) => Real(path) is var real
        && real.StartsWith("/dev/", StringComparison.Ordinal) && !real.StartsWith("/dev/shm/", StringComparison.Ordinal);

    static string Real(string path, int links)
    {
        if (Path.GetDirectoryName(path) is not string folder)
        {
            return path;
        }
        if (links == 0)
        {
            throw new IOException($"{path}: too many symbolic links");
        }
        folder = Real(folder, links);
        path = Path.Join(folder, Path.GetFileName(path));
        return new FileInfo(path).LinkTarget is string target
            ? Real(Path.GetFullPath(target, folder), links - 1) : path;
    }

    // On some disks, names that differ only in case are one file: both are found, but the folder lists one.
    static bool IsOneEntry(string a, string b) => File.Exists(a) && File.Exists(b)
        && (Path.GetDirectoryName(a) != Path.GetDirectoryName(b)
            || Directory.GetFiles(Path.GetDirectoryName(a)!).Count(name => name == a || name == b) == 1);
}
